//! The question while it is being edited; parts may still be missing.

use empmix_query::report::{Granularity, Operator};
use serde_json::Value;

use super::range::RangeChoice;

/// The most series of one report.
pub const MAX_SERIES: usize = 10;
/// The reserved property that holds the event's name.
pub const EVENT_PROPERTY: &str = "$event";

/// The question while it is being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Builder {
    /// The series, at least one.
    pub series: Vec<SeriesDraft>,
    /// Filters of the whole report.
    pub filters: Vec<FilterDraft>,
    /// The property that splits each series.
    pub breakdown: Option<String>,
    /// The range of time.
    pub range: RangeChoice,
    /// The width of a bucket.
    pub granularity: Granularity,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesDraft {
    /// The event's name; `None` is every event.
    pub event: Option<String>,
    /// The measure.
    pub measure: MeasureDraft,
    /// Filters of this series.
    pub filters: Vec<FilterDraft>,
}

/// A measure; its property may still be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeasureDraft {
    /// The number of events.
    Total,
    /// The number of distinct users.
    Unique,
    /// The sum of a property.
    Sum(Option<String>),
    /// The mean of a property.
    Average(Option<String>),
}

/// One condition; its values may still be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterDraft {
    /// The property.
    pub property: String,
    /// The comparison.
    pub operator: Operator,
    /// The values that the property is compared with.
    pub values: Vec<Value>,
}

impl Builder {
    /// The question of the first screen: unique users over all events.
    pub fn first(range: RangeChoice, granularity: Granularity) -> Self {
        Self {
            series: vec![SeriesDraft::default()],
            filters: Vec::new(),
            breakdown: None,
            range,
            granularity,
        }
    }
}

impl Default for SeriesDraft {
    fn default() -> Self {
        Self {
            event: None,
            measure: MeasureDraft::Unique,
            filters: Vec::new(),
        }
    }
}

impl MeasureDraft {
    /// The property that it reads, if it reads one.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::Total | Self::Unique => None,
            Self::Sum(property) | Self::Average(property) => property.as_deref(),
        }
    }

    /// Whether it reads a property.
    pub fn takes_property(&self) -> bool {
        matches!(self, Self::Sum(_) | Self::Average(_))
    }

    /// Whether the values of segments add up to the total, so that they may be stacked.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::Total | Self::Sum(_))
    }
}

impl FilterDraft {
    /// Whether it can be part of a report: it has values, or needs none.
    pub fn is_complete(&self) -> bool {
        !super::takes_values(self.operator) || !self.values.is_empty()
    }
}
