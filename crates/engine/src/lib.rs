//! Answers reports over columns.
//!
//! A store hands over an immutable [`Snapshot`]: parts of rows in columns, and the array that
//! resolves distinct ids to users. [`answer`](answer()) scans the few columns that a report names;
//! state is arrays and bitmaps over dense indices, so memory follows users, segments and buckets,
//! and one part's rows at a time.
//!
//! What a report means is in `empmix_query` (and `docs/REPORTS.md`); here is only how it is
//! computed fast. No SQLite, no files, no HTTP, no async: the caller runs it on a thread that may
//! block, and cancels it through a [`Cancel`].
//!
//! | module | holds |
//! | --- | --- |
//! | [`snapshot`], [`column`] | what a store offers: snapshot, parts, ids, columns |
//! | [`error`] | why there is no answer; cancellation |
//! | [`answer`] | the front door: a report in, an answer or a plan out |
//! | `insights` | the kernel: scans, cells, results |
//! | `select` | which rows of a part count for a series |
//! | `resolve` | from a name in a report to a column |
//! | `breakdown` | the segments of rows |
//! | `measure`, `distinct` | the state of a measure; distinct users |

pub mod answer;
mod breakdown;
pub mod column;
mod distinct;
pub mod error;
mod insights;
mod measure;
mod resolve;
mod select;
pub mod snapshot;

pub use answer::{answer, explain};
pub use column::{Column, ColumnBuilder, MISSING};
pub use error::{Cancel, EngineError};
pub use snapshot::{Ids, Part, Snapshot};
