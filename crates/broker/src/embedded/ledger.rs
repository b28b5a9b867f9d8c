//! Who has which message of a queue: the part of the state that lives in memory.

use std::collections::{BTreeSet, HashMap};

use crate::Depth;

/// The state of one queue. Rows up to the cursor were handed out (and are acked, held by a
/// subscription, or returned); rows beyond it wait.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    cursor: u64,
    returned: BTreeSet<u64>,
    attempts: HashMap<u64, u32>,
    ready: u64,
    unacked: u64,
}

impl Ledger {
    /// A queue as found at start: how many rows wait, and which were delivered in vain before.
    pub(super) fn new(ready: u64, attempts: HashMap<u64, u32>) -> Self {
        Self {
            ready,
            attempts,
            ..Self::default()
        }
    }

    /// Rows were committed.
    pub(super) fn published(&mut self, rows: u64) {
        self.ready += rows;
    }

    /// The highest row that was handed out.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Takes up to `limit` returned rows, lowest first.
    pub(super) fn take_returned(&mut self, limit: usize) -> Vec<u64> {
        let taken: Vec<u64> = self.returned.iter().copied().take(limit).collect();
        for seq in &taken {
            self.returned.remove(seq);
        }
        taken
    }

    /// A row goes to a subscription; the answer is how often it was delivered in vain before.
    pub(super) fn claim(&mut self, seq: u64) -> u32 {
        self.cursor = self.cursor.max(seq);
        self.ready = self.ready.saturating_sub(1);
        self.unacked += 1;
        self.attempts.get(&seq).copied().unwrap_or(0)
    }

    /// A damaged row leaves the queue without being handed out.
    pub(super) fn set_aside(&mut self, seq: u64) {
        self.cursor = self.cursor.max(seq);
        self.ready = self.ready.saturating_sub(1);
        self.attempts.remove(&seq);
    }

    /// A row that was set aside stays where it was after all.
    pub(super) fn put_back(&mut self, seq: u64) {
        self.returned.insert(seq);
        self.ready += 1;
    }

    /// A subscription gives rows back; `in_vain` when its reader has seen them.
    pub(super) fn give_back(&mut self, rows: impl IntoIterator<Item = u64>, in_vain: bool) {
        for seq in rows {
            self.returned.insert(seq);
            self.unacked = self.unacked.saturating_sub(1);
            self.ready += 1;
            if in_vain {
                *self.attempts.entry(seq).or_default() += 1;
            }
        }
    }

    /// Rows were acked durably.
    pub(super) fn acked(&mut self, rows: impl IntoIterator<Item = u64>) {
        for seq in rows {
            self.unacked = self.unacked.saturating_sub(1);
            self.attempts.remove(&seq);
        }
    }

    /// What waits and what is held.
    pub(super) fn depth(&self) -> Depth {
        Depth {
            ready: self.ready,
            unacked: self.unacked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_row_comes_first_and_is_counted() {
        let mut ledger = Ledger::default();
        ledger.published(3);
        assert_eq!((ledger.claim(1), ledger.claim(2)), (0, 0));
        ledger.give_back([2], true);
        assert_eq!(
            ledger.depth(),
            Depth {
                ready: 2,
                unacked: 1
            }
        );
        assert_eq!(ledger.take_returned(8), vec![2]);
        assert_eq!(ledger.claim(2), 1);
        assert_eq!(ledger.cursor(), 2);
        ledger.acked([1, 2]);
        assert_eq!(
            ledger.depth(),
            Depth {
                ready: 1,
                unacked: 0
            }
        );
        assert_eq!(ledger.take_returned(8), Vec::<u64>::new());
    }

    #[test]
    fn a_row_that_nobody_saw_is_not_counted() {
        let mut ledger = Ledger::default();
        ledger.published(1);
        ledger.claim(1);
        ledger.give_back([1], false);
        assert_eq!(ledger.take_returned(1), vec![1]);
        assert_eq!(ledger.claim(1), 0);
    }

    #[test]
    fn a_damaged_row_is_passed_and_not_held() {
        let mut ledger = Ledger::new(2, HashMap::from([(1, 4)]));
        ledger.set_aside(1);
        assert_eq!(
            ledger.depth(),
            Depth {
                ready: 1,
                unacked: 0
            }
        );
        assert_eq!(ledger.cursor(), 1);
    }
}
