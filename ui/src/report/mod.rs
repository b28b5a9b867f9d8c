//! What every report of the console shares, each part a small module: plain data in, commands out.
//!
//! A report's own module has a question ([`Question`]) and the panel that edits it; everything around
//! it is here: [`ReportState`] keeps the question with its history, asks it after a short pause, keeps
//! the last answer, and shows it.
//!
//! | module | holds |
//! | --- | --- |
//! | `shared` | what all questions have in common, and changes of it |
//! | `command` | the actions of a user in any report |
//! | `state`, `asking`, [`history`] | the question's life: asked, answered, undone |
//! | `range`, `granularity`, `filters`, `breakdown` | the parts of a question |
//! | `catalog` | events and properties to pick |
//! | `display` | how an answer is displayed |
//! | `chart`, `legend`, `table`, `headline` | the answer |
//! | `panel`, `toolbar`, `states`, `footer`, `pipeline` | what is around it |
//! | `exports` | the answer as text |
//! | [`names`], `number`, `bucket` | names of values, numbers, times |

mod asking;
pub(crate) mod breakdown;
mod bucket;
mod catalog;
mod chart;
mod command;
mod display;
mod exports;
pub(crate) mod filters;
mod footer;
mod granularity;
mod headline;
pub mod history;
mod legend;
pub mod names;
mod number;
pub(crate) mod panel;
mod pipeline;
mod range;
mod shared;
mod state;
mod states;
mod table;
mod toolbar;

pub use bucket::{bucket_axis_label, bucket_column_label, bucket_title};
pub use catalog::{Catalog, EVENT_PROPERTY, PropertyInfo};
#[cfg(test)]
pub(crate) use chart::example;
pub use chart::{ChartModel, Line, LineName, shorten, summary};
pub use command::{ReportCommand, ReportEdit};
pub use display::{ChartKind, Display, DisplayCommand};
pub use exports::csv;
pub use filters::{FilterDraft, FilterEdit, FilterScope};
pub use granularity::{granularities, granularity_label};
pub use number::{compact, decimals, fixed, full, ticks};
pub use range::{RangeChoice, day_of, first_screen};
pub use shared::Shared;
pub use state::{Question, ReportState};
pub use table::{SortBy, Table};
