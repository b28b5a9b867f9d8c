//! How an embedded queue is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Asks how many bytes are free on the disk that holds the queue; `None` when that cannot be told.
pub type FreeSpace = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// How an embedded queue is opened.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// Most bytes that each of the two queues may hold (bodies and 64 bytes a message); a publish
    /// beyond it fails with `Full`. The queues are bounded apart, so that an item can be parked
    /// while `events_queue` is full.
    pub queue_max_bytes: u64,
    /// How long a publish may take before it fails with `Deadline`.
    pub deadline: Duration,
    /// The free-space probe; without one the disk is not watched.
    pub free_space: Option<FreeSpace>,
    /// Publishing stops while less than this many bytes are free (or less than twice what is
    /// queued, if that is more), and starts again at one and a half times that.
    pub min_free_bytes: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            queue_max_bytes: 4 << 30,
            deadline: Duration::from_secs(3),
            free_space: None,
            min_free_bytes: 512 << 20,
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
            .finish()
    }
}
