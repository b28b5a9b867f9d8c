//! The question that the query panel edits, and the report that it becomes.

mod builder;
mod catalog;
mod edit;
mod history;
mod operator;
mod range;
mod report;
mod sentence;

pub use builder::{Builder, EVENT_PROPERTY, FilterDraft, MAX_SERIES, MeasureDraft, SeriesDraft};
pub use catalog::{Catalog, PropertyInfo};
pub use edit::{Edit, FilterScope, apply};
pub use history::History;
pub use operator::{
    ValueKind, operator_label, operators, takes_many, takes_values, value_from_text, value_kind,
};
pub use range::{RangeChoice, day_of, first_screen, granularities, granularity_label};
pub use report::{overall_report, report, report_json, series_id};
pub use sentence::{measure_label, sentence, series_label, value_text};
