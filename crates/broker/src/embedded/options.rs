//! Options of the embedded broker.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use empmix_alarm::Alarm;

/// Returns the number of free bytes on the queue's disk; `None` if it is unknown.
pub type FreeSpace = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// The maximum size of a queue in bytes, unless it is set.
pub const QUEUE_MAX_BYTES: u64 = 4 << 30;

/// Options of the embedded broker.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// The maximum size of each of the two queues in bytes (bodies, and 64 bytes per message). A
    /// publish beyond it fails with `Full`. Each queue has its own limit, so that an item can be
    /// parked while `events_queue` is full.
    pub queue_max_bytes: u64,
    /// The timeout of a publish, after which it fails with `Deadline`.
    pub deadline: Duration,
    /// The probe for free space; without one the disk is not monitored.
    pub free_space: Option<FreeSpace>,
    /// Publishing stops while fewer than this many bytes are free (or fewer than twice the size of
    /// the queue, if that is more), and resumes at 1.5 times that threshold.
    pub min_free_bytes: u64,
    /// Raised when one of its threads ends by itself.
    pub alarm: Alarm,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            queue_max_bytes: QUEUE_MAX_BYTES,
            deadline: Duration::from_secs(3),
            free_space: None,
            min_free_bytes: 512 << 20,
            alarm: Alarm::default(),
        }
    }
}

impl fmt::Debug for EmbeddedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedOptions")
            .field("queue_max_bytes", &self.queue_max_bytes)
            .field("deadline", &self.deadline)
            .field("free_space", &self.free_space.is_some())
            .field("min_free_bytes", &self.min_free_bytes)
            .field("alarm", &self.alarm)
            .finish()
    }
}
