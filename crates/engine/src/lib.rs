//! Answers reports over columns.
//!
//! A store passes an immutable [`Snapshot`]: parts with rows in columns, and a list that resolves
//! distinct ids to users. [`answer`](answer()) scans the columns that a report names. Its state
//! consists of arrays and bitmaps over dense indices, so memory is proportional to users, segments
//! and buckets, and to the rows of one part at a time.
//!
//! `empmix_query` (and `docs/REPORTS.md`) defines reports; this crate computes them fast. It does not
//! use SQLite, files, HTTP or async: the caller runs it on a thread that may block, and cancels it
//! with a [`Cancel`].
//!
//! | module | content |
//! | --- | --- |
//! | [`snapshot`], [`column`], [`pages`] | the interface to a store: snapshot, parts, ids, columns |
//! | [`error`] | errors; cancellation |
//! | [`answer`] | the entry points: answering a report, explaining how it would be answered |
//! | `insights` | the kernel: scans, cells, results |
//! | `select` | selecting the rows of a part that count for a series |
//! | `resolve` | resolving a name in a report to a column |
//! | `breakdown` | the segments of rows |
//! | `measure`, `distinct` | the state of a measure; distinct users |

pub mod answer;
mod breakdown;
pub mod column;
mod distinct;
pub mod error;
mod insights;
mod measure;
pub mod pages;
mod resolve;
mod select;
pub mod snapshot;

pub use answer::{answer, explain};
pub use column::{Column, ColumnBuilder, MISSING};
pub use error::{Cancel, EngineError};
pub use pages::Pages;
pub use snapshot::{Ids, Part, Snapshot};
