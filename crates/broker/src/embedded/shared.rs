//! What the callers and the two threads share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::ledger::Ledger;
use super::options::EmbeddedOptions;
use crate::{BrokerError, BrokerState, Queue};

/// The state's reason while `events_queue` has reached its bound.
pub const QUEUE_FULL: &str = "queue_full";
/// The state's reason while the disk has too little room.
pub const DISK_LOW: &str = "disk_low";
/// How the state's reason begins once the storage has failed; the process must exit.
pub const STORAGE_FAILED: &str = "storage_failed";
/// The state's reason after `close`.
pub const CLOSED: &str = "closed";

/// Where the queue is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Life {
    Open,
    Closed,
    Failed(String),
}

/// The part of a queue that lives in memory.
#[derive(Debug)]
pub(super) struct QueueShared {
    ledger: Mutex<Ledger>,
    /// Bytes stored, and reserved by publishes under way.
    bytes: AtomicU64,
    /// Changes whenever there may be something new to read, or nothing ever again.
    changes: watch::Sender<u64>,
}

impl QueueShared {
    pub(super) fn new(ledger: Ledger, bytes: u64) -> Self {
        Self {
            ledger: Mutex::new(ledger),
            bytes: AtomicU64::new(bytes),
            changes: watch::Sender::new(0),
        }
    }

    /// The ledger; a panic elsewhere leaves it usable, since each change is complete in itself.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives rows back and wakes the subscriptions.
    pub(super) fn give_back(&self, rows: impl IntoIterator<Item = u64>, in_vain: bool) {
        self.ledger().give_back(rows, in_vain);
        self.wake();
    }

    pub(super) fn wake(&self) {
        self.changes
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes room for a message, or says that there is none.
    pub(super) fn reserve(&self, cost: u64, bound: u64) -> Result<(), BrokerError> {
        self.bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bytes| {
                bytes.checked_add(cost).filter(|total| *total <= bound)
            })
            .map(|_| ())
            .map_err(|_| BrokerError::Full)
    }

    pub(super) fn release(&self, cost: u64) {
        self.bytes.fetch_sub(cost, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// A damaged row counts here from now on, whatever the bound.
    pub(super) fn take_in(&self, cost: u64) {
        self.bytes.fetch_add(cost, Ordering::Relaxed);
    }
}

/// What the callers and the two threads share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: EmbeddedOptions,
    life: Mutex<Life>,
    disk_low: AtomicBool,
    events: QueueShared,
    dead: QueueShared,
}

impl Shared {
    pub(super) fn new(options: EmbeddedOptions, events: QueueShared, dead: QueueShared) -> Self {
        Self {
            options,
            life: Mutex::new(Life::Open),
            disk_low: AtomicBool::new(false),
            events,
            dead,
        }
    }

    pub(super) fn queue(&self, queue: Queue) -> &QueueShared {
        match queue {
            Queue::Events => &self.events,
            Queue::Dead => &self.dead,
        }
    }

    /// Bytes in both queues.
    pub(super) fn queued_bytes(&self) -> u64 {
        self.events.bytes().saturating_add(self.dead.bytes())
    }

    pub(super) fn set_disk_low(&self, low: bool) {
        if self.disk_low.swap(low, Ordering::Relaxed) != low {
            tracing::warn!(low, "the queue's disk is low on space");
        }
    }

    /// Whether calls are answered at all; the error otherwise.
    pub(super) fn ensure_open(&self) -> Result<(), BrokerError> {
        match &*self.life() {
            Life::Open => Ok(()),
            Life::Closed => Err(BrokerError::Unavailable(CLOSED.to_owned())),
            Life::Failed(reason) => Err(BrokerError::Storage(reason.clone())),
        }
    }

    /// What a call gets whose reply will never come.
    pub(super) fn gone(&self) -> BrokerError {
        self.ensure_open()
            .err()
            .unwrap_or_else(|| BrokerError::Unavailable(CLOSED.to_owned()))
    }

    /// Whether a message may be published now. Dead letters go on while the disk is low: parking
    /// them is what empties `events_queue`.
    pub(super) fn ensure_accepting(&self, queue: Queue) -> Result<(), BrokerError> {
        self.ensure_open()?;
        if queue == Queue::Events && self.disk_low.load(Ordering::Relaxed) {
            return Err(BrokerError::Unavailable(DISK_LOW.to_owned()));
        }
        Ok(())
    }

    pub(super) fn state(&self) -> BrokerState {
        let reason = match self.ensure_accepting(Queue::Events) {
            Ok(()) if self.events.bytes() >= self.options.queue_max_bytes => QUEUE_FULL.to_owned(),
            Ok(()) => return BrokerState::Ready,
            Err(BrokerError::Storage(reason)) => format!("{STORAGE_FAILED}: {reason}"),
            Err(BrokerError::Unavailable(reason)) => reason,
            Err(other) => other.to_string(),
        };
        BrokerState::Unavailable(reason)
    }

    /// The storage failed: nothing is accepted any more.
    pub(super) fn fail(&self, reason: &str) {
        tracing::error!(reason, "the queue's storage failed");
        self.end(Life::Failed(reason.to_owned()));
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(&*self.life(), Life::Failed(_))
    }

    /// No more calls; what was sent before is finished.
    pub(super) fn close(&self) {
        self.end(Life::Closed);
    }

    fn end(&self, life: Life) {
        {
            let mut current = self.life();
            if !matches!(*current, Life::Failed(_)) {
                *current = life;
            }
        }
        self.events.wake();
        self.dead.wake();
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
