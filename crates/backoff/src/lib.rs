//! How long to wait before something that failed is tried again.
//!
//! One rule for every connection, process and call of Emp-Mix: a delay starts from the shortest and
//! doubles with each failure, up to half of the longest. To each a random part of it is added, at most
//! as much again, so that processes that failed together do not try again together; none is longer
//! than the longest.
//!
//! Must not know: what is tried again, and how it is waited.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// The delays between tries. Endless.
#[derive(Debug)]
pub struct Backoff {
    rule: ExponentialBuilder,
    longest: Duration,
    delays: ExponentialBackoff,
}

impl Backoff {
    /// Delays from `shortest` to `longest`.
    #[must_use]
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        let rule = ExponentialBuilder::default()
            .with_factor(2.0)
            .with_jitter()
            .with_min_delay(shortest)
            .with_max_delay(longest / 2)
            .without_max_times();
        Self {
            rule,
            longest,
            delays: rule.build(),
        }
    }

    /// How long to wait after one more failure.
    pub fn next_delay(&mut self) -> Duration {
        let delay = self.delays.next().unwrap_or(self.longest);
        delay.min(self.longest)
    }

    /// Begins with the shortest delay again, after a success.
    pub fn reset(&mut self) {
        self.delays = self.rule.build();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTEST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(3);

    #[test]
    fn delays_grow_up_to_the_longest_and_never_end() {
        let mut backoff = Backoff::new(SHORTEST, LONGEST);
        let mut at_least = SHORTEST;
        for _ in 0..200 {
            let delay = backoff.next_delay();
            assert!(delay >= at_least, "{delay:?} is shorter than {at_least:?}");
            assert!(
                delay <= at_least * 2,
                "{delay:?} is longer than twice {at_least:?}"
            );
            assert!(delay <= LONGEST, "{delay:?}");
            at_least = (LONGEST / 2).min(at_least * 2);
        }
    }

    #[test]
    fn a_success_begins_again() {
        let mut backoff = Backoff::new(SHORTEST, LONGEST);
        for _ in 0..10 {
            backoff.next_delay();
        }
        backoff.reset();
        assert!(backoff.next_delay() <= SHORTEST * 2);
    }
}
