//! Undo and redo of the builder.

use super::builder::Builder;

/// The current builder, with the states before and after it.
#[derive(Debug)]
pub struct History {
    now: Builder,
    before: Vec<Builder>,
    after: Vec<Builder>,
}

/// The most states that are kept.
const LIMIT: usize = 100;

impl History {
    /// A history that begins with this state.
    pub fn new(builder: Builder) -> Self {
        Self {
            now: builder,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// The current builder.
    pub fn now(&self) -> &Builder {
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
    pub fn push(&mut self, next: Builder) -> bool {
        if next == self.now {
            return false;
        }
        self.before.push(std::mem::replace(&mut self.now, next));
        if self.before.len() > LIMIT {
            self.before.remove(0);
        }
        self.after.clear();
        true
    }

    /// Goes one state back; returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.before.pop() else {
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
        self.before.push(std::mem::replace(&mut self.now, after));
        true
    }
}

#[cfg(test)]
mod tests {
    use empmix_query::report::Granularity;

    use super::*;
    use crate::insights::question::RangeChoice;

    #[test]
    fn an_undone_change_can_be_redone_until_the_next_change() {
        let first = Builder::first(RangeChoice::PRESETS[0], Granularity::Day);
        let mut second = first.clone();
        second.breakdown = Some("repo".to_owned());
        let mut history = History::new(first.clone());
        assert!(!history.undo());
        assert!(!history.push(first.clone()));
        assert!(history.push(second.clone()));
        assert!(history.undo());
        assert_eq!(history.now(), &first);
        assert!(history.redo());
        assert_eq!(history.now(), &second);
        assert!(history.undo());
        let mut third = first;
        third.granularity = Granularity::Week;
        assert!(history.push(third));
        assert!(!history.redo());
    }
}
