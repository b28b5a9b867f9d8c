//! What all questions have in common.

use empmix_query::report::Granularity;

use super::{FilterDraft, RangeChoice};

/// What all questions have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Shared {
    /// Filters of the whole report.
    pub filters: Vec<FilterDraft>,
    /// The property that splits the answer.
    pub breakdown: Option<String>,
    /// The range of time.
    pub range: RangeChoice,
    /// The width of a bucket.
    pub granularity: Granularity,
}

impl Shared {
    /// All events of a range, not split.
    pub fn of_range(range: RangeChoice, granularity: Granularity) -> Self {
        Self {
            filters: Vec::new(),
            breakdown: None,
            range,
            granularity,
        }
    }
}
