//! When there is too little room on the disk to go on publishing.

use std::time::{Duration, Instant};

use super::options::EmbeddedOptions;

/// How often the probe is asked.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watches the free space through the probe that the options carry.
#[derive(Debug)]
pub(super) struct DiskWatch {
    options: EmbeddedOptions,
    asked: Option<Instant>,
    low: bool,
}

impl DiskWatch {
    pub(super) fn new(options: EmbeddedOptions) -> Self {
        Self {
            options,
            asked: None,
            low: false,
        }
    }

    /// Whether the disk is low with `queued` bytes in the queue; asks the probe at most once a
    /// second.
    pub(super) fn is_low(&mut self, now: Instant, queued: u64) -> bool {
        let fresh = self.asked.is_some_and(|asked| now - asked < INTERVAL);
        if fresh {
            return self.low;
        }
        self.asked = Some(now);
        if let Some(free) = self.options.free_space.as_ref().and_then(|probe| probe()) {
            self.low = next_low(self.low, free, queued, self.options.min_free_bytes);
        }
        self.low
    }
}

/// Low below the mark; no longer low from one and a half times the mark on.
fn next_low(low: bool, free: u64, queued: u64, min_free: u64) -> bool {
    let mark = min_free.max(queued.saturating_mul(2));
    let until = if low {
        mark.saturating_add(mark / 2)
    } else {
        mark
    };
    free < until
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_below_the_mark_and_starts_again_well_above_it() {
        assert!(!next_low(false, 512, 0, 512));
        assert!(next_low(false, 511, 0, 512));
        assert!(next_low(true, 767, 0, 512));
        assert!(!next_low(true, 768, 0, 512));
    }

    #[test]
    fn the_mark_grows_with_what_is_queued() {
        assert!(next_low(false, 1999, 1000, 512));
        assert!(!next_low(false, 2000, 1000, 512));
    }
}
