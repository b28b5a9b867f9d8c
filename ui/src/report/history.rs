//! Undo and redo.

use std::collections::VecDeque;

/// A question, with its states before and after the current one.
#[derive(Debug)]
pub struct History<Q> {
    now: Q,
    before: VecDeque<Q>,
    after: Vec<Q>,
}

/// The most states that are kept.
const LIMIT: usize = 100;

impl<Q: PartialEq> History<Q> {
    /// A history that begins with this state.
    pub fn new(question: Q) -> Self {
        Self {
            now: question,
            before: VecDeque::new(),
            after: Vec::new(),
        }
    }

    /// The current state.
    pub fn now(&self) -> &Q {
        &self.now
    }

    /// Whether nothing was changed yet.
    pub fn is_untouched(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Whether there is a state to go back to.
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Whether there is a state to go forward to.
    pub fn can_redo(&self) -> bool {
        !self.after.is_empty()
    }

    /// Adds a new state; returns whether it differs from the current one.
    pub fn push(&mut self, next: Q) -> bool {
        if next == self.now {
            return false;
        }
        let before = std::mem::replace(&mut self.now, next);
        self.before.push_back(before);
        if self.before.len() > LIMIT {
            self.before.pop_front();
        }
        self.after.clear();
        true
    }

    /// Goes one state back; returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.before.pop_back() else {
            return false;
        };
        self.after.push(std::mem::replace(&mut self.now, before));
        true
    }

    /// Goes one state forward again; returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.after.pop() else {
            return false;
        };
        let before = std::mem::replace(&mut self.now, after);
        self.before.push_back(before);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undone_change_can_be_redone_until_the_next_change() {
        let mut history = History::new(1);
        assert!(!history.undo());
        assert!(!history.push(1));
        assert!(history.push(2));
        assert!(history.undo());
        assert_eq!(history.now(), &1);
        assert!(history.redo());
        assert_eq!(history.now(), &2);
        assert!(history.undo());
        assert!(history.push(3));
        assert!(!history.redo());
    }

    #[test]
    fn the_oldest_states_are_forgotten() {
        let mut history = History::new(0);
        (1..=2 * LIMIT).for_each(|state| assert!(history.push(state)));
        let undone = std::iter::from_fn(|| history.undo().then_some(())).count();
        assert_eq!((undone, *history.now()), (LIMIT, LIMIT));
    }
}
