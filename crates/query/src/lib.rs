//! Reports and their definition: filters, calendar buckets, segments, answers.
//!
//! Two engines answer the same reports. This crate defines the rules once for both;
//! `docs/REPORTS.md` describes the same rules for users.
//!
//! | module | content |
//! | --- | --- |
//! | [`report`] | the types of a report, and their JSON |
//! | [`mod@parse`] | parsing, defaults, errors with the path of the invalid field |
//! | [`calendar`] | the starts of days, weeks and hours in a time zone |
//! | [`mod@plan`] | a report's range and buckets as instants |
//! | [`value`] | looking up names, comparing values |
//! | [`filter`] | evaluation of filters |
//! | [`segment`] | the segments of a row, their ranking, the segment of the rest |
//! | [`sum`] | compensated addition |
//! | [`answer`] | the types of an answer, and their JSON |
//!
//! # How an engine answers insights
//! 1. [`plan()`] turns the report and the project's [`Calendar`] into instants. Only rows in
//!    `[start, end)` count; bucket i is `[edges[i], edges[i + 1])`.
//! 2. A row counts for a series when the report's filter, the series' event and the series' filter
//!    accept it. Rows are events; instructions are not rows.
//! 3. With a breakdown, [`Segment::of`](segment::Segment::of) returns the segments of a row (after
//!    [`value::read`] with the breakdown's cast), and [`segment::rank`] selects the segments to show,
//!    in two passes as [`segment`] describes.
//! 4. Each segment of a series has a point per bucket and a total. The total is the measure over the
//!    whole range, so distinct users are not summed. `sum` and `avg` use only [`value::number`] of
//!    the (cast) value; sums are compensated; `avg` without rows is null.
//! 5. The answer lists series in request order, each in segment order, with the rest last.
//!
//! The crate has no I/O and no clock (callers pass `now`) and builds for wasm. Time zone arithmetic
//! happens only here.

pub mod answer;
pub mod calendar;
pub mod error;
pub mod filter;
pub mod parse;
pub mod plan;
pub mod report;
pub mod segment;
pub mod sum;
pub mod value;

pub use calendar::Calendar;
pub use error::InvalidQuery;
pub use parse::parse;
pub use plan::{Plan, plan};
