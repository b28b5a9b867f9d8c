//! The delivery state of a queue, which is kept in memory.

use std::collections::{BTreeSet, HashMap};

use crate::QueueDepth;

/// Which rows of a queue were delivered. Rows up to the cursor were claimed (and are acked, unacked
/// in a subscription, or returned); rows beyond it wait.
#[derive(Debug, Default)]
pub(super) struct DeliveryState {
    cursor: u64,
    returned: BTreeSet<u64>,
    attempts: HashMap<u64, u32>,
    /// Below 0 while rows are claimed whose publish is not counted yet: the reader may see a commit
    /// before its writer goes on.
    ready: i64,
    unacked: u64,
}

impl DeliveryState {
    /// The state after opening: the number of waiting rows, and the deliveries without an ack per row.
    pub(super) fn new(ready: u64, attempts: HashMap<u64, u32>) -> Self {
        Self {
            ready: i64::try_from(ready).unwrap_or(i64::MAX),
            attempts,
            ..Self::default()
        }
    }

    /// Counts committed rows.
    pub(super) fn published(&mut self, rows: u64) {
        self.ready += i64::try_from(rows).unwrap_or(i64::MAX);
    }

    /// The highest claimed row.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Removes and returns up to `limit` returned rows, lowest first.
    pub(super) fn take_returned(&mut self, limit: usize) -> Vec<u64> {
        let taken: Vec<u64> = self.returned.iter().copied().take(limit).collect();
        for seq in &taken {
            self.returned.remove(seq);
        }
        taken
    }

    /// Claims a row for a subscription; returns the number of its deliveries without an ack.
    pub(super) fn claim(&mut self, seq: u64) -> u32 {
        self.cursor = self.cursor.max(seq);
        self.ready -= 1;
        self.unacked += 1;
        self.attempts.get(&seq).copied().unwrap_or(0)
    }

    /// Removes a damaged row from the queue without delivering it.
    pub(super) fn set_aside(&mut self, seq: u64) {
        self.cursor = self.cursor.max(seq);
        self.ready -= 1;
        self.attempts.remove(&seq);
    }

    /// Reverts [`Self::set_aside`].
    pub(super) fn put_back(&mut self, seq: u64) {
        self.returned.insert(seq);
        self.ready += 1;
    }

    /// Returns the rows of a subscription to the queue. If `was_delivered`, their deliveries count.
    pub(super) fn give_back(&mut self, rows: impl IntoIterator<Item = u64>, was_delivered: bool) {
        for seq in rows {
            self.returned.insert(seq);
            self.unacked = self.unacked.saturating_sub(1);
            self.ready += 1;
            if was_delivered {
                *self.attempts.entry(seq).or_default() += 1;
            }
        }
    }

    /// Removes rows that were acked durably.
    pub(super) fn acked(&mut self, rows: impl IntoIterator<Item = u64>) {
        for seq in rows {
            self.unacked = self.unacked.saturating_sub(1);
            self.attempts.remove(&seq);
        }
    }

    /// The numbers of waiting and unacked messages.
    pub(super) fn depth(&self) -> QueueDepth {
        QueueDepth {
            ready: u64::try_from(self.ready).unwrap_or(0),
            unacked: self.unacked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_row_comes_first_and_its_delivery_counts() {
        let mut state = DeliveryState::default();
        state.published(3);
        assert_eq!((state.claim(1), state.claim(2)), (0, 0));
        state.give_back([2], true);
        assert_eq!(
            state.depth(),
            QueueDepth {
                ready: 2,
                unacked: 1
            }
        );
        assert_eq!(state.take_returned(8), vec![2]);
        assert_eq!(state.claim(2), 1);
        assert_eq!(state.cursor(), 2);
        state.acked([1, 2]);
        assert_eq!(
            state.depth(),
            QueueDepth {
                ready: 1,
                unacked: 0
            }
        );
        assert_eq!(state.take_returned(8), Vec::<u64>::new());
    }

    #[test]
    fn a_row_may_be_claimed_before_its_publish_is_counted() {
        let mut state = DeliveryState::default();
        state.claim(1);
        assert_eq!(state.depth().ready, 0);
        state.published(1);
        state.acked([1]);
        assert_eq!(state.depth(), QueueDepth::default());
    }

    #[test]
    fn a_row_that_was_claimed_but_not_delivered_does_not_count() {
        let mut state = DeliveryState::default();
        state.published(1);
        state.claim(1);
        state.give_back([1], false);
        assert_eq!(state.take_returned(1), vec![1]);
        assert_eq!(state.claim(1), 0);
    }

    #[test]
    fn a_damaged_row_is_neither_ready_nor_unacked() {
        let mut state = DeliveryState::new(2, HashMap::from([(1, 4)]));
        state.set_aside(1);
        assert_eq!(
            state.depth(),
            QueueDepth {
                ready: 1,
                unacked: 0
            }
        );
        assert_eq!(state.cursor(), 1);
    }
}
