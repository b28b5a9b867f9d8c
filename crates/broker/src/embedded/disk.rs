//! Detects that the disk has too little free space to accept messages.

use std::time::{Duration, Instant};

use super::options::EmbeddedOptions;

/// The minimum time between two calls of the probe.
const INTERVAL: Duration = Duration::from_secs(1);

/// Monitors the free space with the probe in the options.
#[derive(Debug)]
pub(super) struct DiskWatch {
    options: EmbeddedOptions,
    probed_at: Option<Instant>,
    low: bool,
}

impl DiskWatch {
    pub(super) fn new(options: EmbeddedOptions) -> Self {
        Self {
            options,
            probed_at: None,
            low: false,
        }
    }

    /// Whether the free space is too low with `queued` bytes in the queue. Calls the probe at most
    /// once per [`INTERVAL`].
    pub(super) fn is_low(&mut self, now: Instant, queued: u64) -> bool {
        let fresh = self
            .probed_at
            .is_some_and(|probed_at| now - probed_at < INTERVAL);
        if fresh {
            return self.low;
        }
        self.probed_at = Some(now);
        if let Some(free) = self.options.free_space.as_ref().and_then(|probe| probe()) {
            self.low = next_low(self.low, free, queued, self.options.min_free_bytes);
        }
        self.low
    }
}

/// The space becomes low below the threshold, and is sufficient again from 1.5 times the threshold.
fn next_low(low: bool, free: u64, queued: u64, min_free: u64) -> bool {
    let threshold = min_free.max(queued.saturating_mul(2));
    let until = if low {
        threshold.saturating_add(threshold / 2)
    } else {
        threshold
    };
    free < until
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_stops_below_the_threshold_and_resumes_above_it() {
        assert!(!next_low(false, 512, 0, 512));
        assert!(next_low(false, 511, 0, 512));
        assert!(next_low(true, 767, 0, 512));
        assert!(!next_low(true, 768, 0, 512));
    }

    #[test]
    fn the_threshold_grows_with_the_queue() {
        assert!(next_low(false, 1999, 1000, 512));
        assert!(!next_low(false, 2000, 1000, 512));
    }
}
