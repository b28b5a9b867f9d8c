//! The state shared by the callers and the two threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::delivery_state::DeliveryState;
use super::options::EmbeddedOptions;
use crate::{BrokerError, BrokerState, Queue};

/// The state's reason while `events_queue` has reached its limit.
pub const QUEUE_FULL: &str = "queue_full";
/// The state's reason while the disk has too little free space.
pub const DISK_LOW: &str = "disk_low";
/// The start of the state's reason after the storage has failed; the process must exit.
pub const STORAGE_FAILED: &str = "storage_failed";
/// The state's reason after `close`.
pub const CLOSED: &str = "closed";

/// Whether the queue is open, closed or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lifecycle {
    Open,
    Closed,
    Failed(String),
}

/// The in-memory state of a queue.
#[derive(Debug)]
pub(super) struct QueueShared {
    deliveries: Mutex<DeliveryState>,
    /// Bytes that are stored, or reserved by publishes in progress.
    bytes: AtomicU64,
    /// Notifies subscriptions that there may be new rows, or that the queue has ended.
    changes: watch::Sender<u64>,
}

impl QueueShared {
    pub(super) fn new(deliveries: DeliveryState, bytes: u64) -> Self {
        Self {
            deliveries: Mutex::new(deliveries),
            bytes: AtomicU64::new(bytes),
            changes: watch::Sender::new(0),
        }
    }

    /// The delivery state. It stays usable after a panic, because each change is atomic.
    pub(super) fn deliveries(&self) -> MutexGuard<'_, DeliveryState> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns rows to the queue and wakes the subscriptions.
    pub(super) fn give_back(&self, rows: impl IntoIterator<Item = u64>, was_delivered: bool) {
        self.deliveries().give_back(rows, was_delivered);
        self.wake();
    }

    pub(super) fn wake(&self) {
        self.changes
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Reserves space for a message; fails if the queue is full.
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

    /// Counts a parked row, even beyond the limit.
    pub(super) fn take_in(&self, cost: u64) {
        self.bytes.fetch_add(cost, Ordering::Relaxed);
    }
}

/// The state shared by the callers and the two threads.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: EmbeddedOptions,
    lifecycle: Mutex<Lifecycle>,
    disk_low: AtomicBool,
    events: QueueShared,
    dead: QueueShared,
}

impl Shared {
    pub(super) fn new(options: EmbeddedOptions, events: QueueShared, dead: QueueShared) -> Self {
        Self {
            options,
            lifecycle: Mutex::new(Lifecycle::Open),
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
            tracing::warn!(
                low,
                "the free space on the queue's disk crossed its threshold"
            );
        }
    }

    /// Fails if the queue is closed or has failed.
    pub(super) fn ensure_open(&self) -> Result<(), BrokerError> {
        match &*self.lifecycle() {
            Lifecycle::Open => Ok(()),
            Lifecycle::Closed => Err(BrokerError::Unavailable(CLOSED.to_owned())),
            Lifecycle::Failed(reason) => Err(BrokerError::Storage(reason.clone())),
        }
    }

    /// The error of a call whose command was dropped without a reply.
    pub(super) fn closed_error(&self) -> BrokerError {
        self.ensure_open()
            .err()
            .unwrap_or_else(|| BrokerError::Unavailable(CLOSED.to_owned()))
    }

    /// Fails if a message cannot be published now. Dead letters are accepted even if the disk is low,
    /// because parking them empties `events_queue`.
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

    /// Records that the storage has failed; from now on all calls fail.
    pub(super) fn fail(&self, reason: &str) {
        tracing::error!(
            reason,
            "the queue's storage failed; the process must restart"
        );
        self.end(Lifecycle::Failed(reason.to_owned()));
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(&*self.lifecycle(), Lifecycle::Failed(_))
    }

    /// Refuses further calls; commands that were already sent are completed.
    pub(super) fn close(&self) {
        self.end(Lifecycle::Closed);
    }

    fn end(&self, lifecycle: Lifecycle) {
        {
            let mut current = self.lifecycle();
            if !matches!(*current, Lifecycle::Failed(_)) {
                *current = lifecycle;
            }
        }
        self.events.wake();
        self.dead.wake();
    }

    fn lifecycle(&self) -> MutexGuard<'_, Lifecycle> {
        self.lifecycle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
