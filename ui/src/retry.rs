//! When to ask again what did not answer.

use std::time::Duration;

use empmix_backoff::Backoff;

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15);

/// The waits after failures, from a second to 15 s.
#[derive(Debug)]
pub(crate) struct Retry(Backoff);

impl Default for Retry {
    fn default() -> Self {
        Self(Backoff::new(SHORTEST, LONGEST))
    }
}

impl Retry {
    /// Seconds to wait after one more failure.
    pub(crate) fn wait_s(&mut self) -> f64 {
        self.0.next_delay().as_secs_f64()
    }

    /// Begins with the shortest wait again, after a success.
    pub(crate) fn reset(&mut self) {
        self.0.reset();
    }
}
