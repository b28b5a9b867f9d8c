//! Answers reports over columns.
//!
//! A store hands over an immutable [`Snapshot`]: parts of rows in columns, and the array that
//! resolves distinct ids to users. The kernels scan the few columns that a report names; state is
//! arrays and bitmaps over dense indices, so memory follows users and segments, never events.
//!
//! What a report means is in `empmix_query` (and `docs/REPORTS.md`); here is only how it is
//! computed fast. No SQLite, no files, no HTTP, no async: the caller runs it on a thread that may
//! block, and cancels it through a [`Cancel`].
//!
//! | module | holds |
//! | --- | --- |
//! | [`snapshot`] | what a store offers: snapshot, parts, ids |
//! | [`column`] | one column of properties |
//! | [`error`] | why there is no answer; cancellation |

pub mod column;
pub mod error;
pub mod snapshot;

pub use column::{Column, ColumnBuilder, MISSING};
pub use error::{Cancel, EngineError};
pub use snapshot::{Ids, Part, Snapshot};
