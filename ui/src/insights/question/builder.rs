//! The question as it is being built; parts may still be missing.

use empmix_query::report::{Granularity, Operator};
use serde_json::Value;

use super::range::RangeChoice;

/// The most series of one report.
pub const MAX_SERIES: usize = 10;
/// The reserved property that holds the event's name.
pub const EVENT_PROPERTY: &str = "$event";

/// The question as it is being built.
#[derive(Debug, Clone, PartialEq)]
pub struct Builder {
    /// What is measured, at least one.
    pub series: Vec<SeriesDraft>,
    /// Which events the report sees.
    pub filters: Vec<FilterDraft>,
    /// The property that splits each series.
    pub breakdown: Option<String>,
    /// The time that is looked at.
    pub range: RangeChoice,
    /// The width of a bucket.
    pub granularity: Granularity,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesDraft {
    /// The event's name; `None` is every event.
    pub event: Option<String>,
    /// What is computed.
    pub measure: MeasureDraft,
    /// Which of its events count.
    pub filters: Vec<FilterDraft>,
}

/// What is computed; a property may still be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeasureDraft {
    /// Events.
    Total,
    /// Distinct users.
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
    /// What it is compared with.
    pub values: Vec<Value>,
}

impl Builder {
    /// Every event, unique users: the first screen.
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

    /// Whether values of parts may be stacked: the whole is their sum.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::Total | Self::Sum(_))
    }
}

impl FilterDraft {
    /// Whether it says enough to be asked.
    pub fn is_complete(&self) -> bool {
        !super::takes_values(self.operator) || !self.values.is_empty()
    }
}
