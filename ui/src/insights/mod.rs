//! How many, how often, how much, by whom, over time.
//!
//! [`question`] is what the query panel edits, [`answer`] what the answer panel paints, both plain
//! data; `state` asks and takes answers; `view` paints. The answer follows each change after
//! 150 ms without another, and a request that a later change overtakes is cancelled.

pub mod answer;
pub mod question;
mod state;
mod view;

#[cfg(test)]
mod tests;

pub use state::{ChartKind, InsightsCommand, InsightsState};
