//! *Insights*: counts, sums and averages over time, by segment.
//!
//! [`question`] is the data that the query panel edits, [`answer`] the data that the answer panel
//! paints; `state` sends queries and takes answers; `view` paints. A change is sent 150 ms after the
//! last edit, and cancels the query that it replaces.

pub mod answer;
pub mod question;
mod state;
mod view;

#[cfg(test)]
mod tests;

pub use state::{ChartKind, InsightsCommand, InsightsState};
