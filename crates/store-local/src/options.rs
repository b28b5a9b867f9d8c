//! Settings of the local store.

use std::time::Duration;

use empmix_alarm::Alarm;

/// Hot rows of one project that are sealed to a part at once, unless it is set. A start reads the hot rows
/// that the last one left; fewer make it faster.
pub const SEAL_ROWS: usize = 250_000;

/// Settings of the local store; the defaults suit production.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// Hot rows of one project that are sealed to a part at once.
    pub seal_rows: usize,
    /// Age of a project's oldest hot row after which its rows are sealed.
    pub seal_after: Duration,
    /// Bytes of part columns that are kept in memory.
    pub column_budget: usize,
    /// Raised when one of its threads ends by itself.
    pub alarm: Alarm,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            seal_rows: SEAL_ROWS,
            seal_after: Duration::from_secs(3600),
            column_budget: 1 << 30,
            alarm: Alarm::default(),
        }
    }
}
