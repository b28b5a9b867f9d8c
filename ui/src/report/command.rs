//! The actions of a user in any report. They go to the report that is shown.

use empmix_query::report::Granularity;

use super::{DisplayCommand, FilterEdit, FilterScope, RangeChoice};

/// An action of a user in a report.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportCommand {
    /// Asks again although nothing changed.
    Refresh,
    /// Cancels the question that is under way.
    Cancel,
    /// Changes a part that every question has.
    Edit(ReportEdit),
    /// Undoes the last change.
    Undo,
    /// Redoes the change that was undone.
    Redo,
    /// Changes how the answer is displayed.
    Display(DisplayCommand),
    /// Shows the pipeline or plan of the question, or closes it.
    Pipeline(bool),
    /// Opens the list of properties to filter by.
    AskFilter,
}

/// A change of a part that every question has.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportEdit {
    /// Changes the filters of a scope.
    Filter(FilterScope, FilterEdit),
    /// Sets the property of the breakdown, or removes it.
    Breakdown(Option<String>),
    /// Sets the range, and a bucket width that suits it.
    Range(RangeChoice),
    /// Sets the bucket width.
    Granularity(Granularity),
}
