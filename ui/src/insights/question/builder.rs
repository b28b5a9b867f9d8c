//! The question while it is being edited; parts may still be missing.

use crate::report::{FilterDraft, Shared};

/// The most series of one report.
pub const MAX_SERIES: usize = 10;

/// The question while it is being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Builder {
    /// The series, at least one.
    pub series: Vec<SeriesDraft>,
    /// What all questions have in common.
    pub shared: Shared,
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
