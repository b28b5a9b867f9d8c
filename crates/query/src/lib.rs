//! What is asked and answered: reports, filters, calendar buckets, results.
//!
//! Two engines answer the same report, and every rule that could be read in two ways is settled
//! here once, for both; `docs/REPORTS.md` says the same for readers of charts.
//!
//! | module | settles |
//! | --- | --- |
//! | [`report`] | a report as data, and its JSON |
//! | [`mod@parse`] | how a body is read, defaults, and which error names which path |
//! | [`calendar`] | where the days, weeks and hours of a zone begin |
//! | [`mod@plan`] | a report's range and buckets as instants |
//! | [`value`] | how a name is looked up, and how values compare |
//! | [`filter`] | whether a row passes a filter |
//! | [`segment`] | which segments a row counts in, how they are ranked, what the rest is |
//! | [`sum`] | how numbers are added |
//! | [`answer`] | what an answer looks like |
//!
//! # How an engine answers insights
//! 1. [`plan()`] turns the report and the project's [`Calendar`] into instants. Only rows in
//!    `[start, end)` count; bucket i is `[edges[i], edges[i + 1])`.
//! 2. A row counts for a series when the report's filter, the series' event and the series' filter
//!    accept it. Instructions are no rows.
//! 3. With a breakdown: [`Segment::of`](segment::Segment::of) gives the segments of a row (after
//!    [`value::read`] with the breakdown's cast), [`segment::rank`] those that are shown, in two
//!    passes as [`segment`] describes.
//! 4. Per series and segment: a point per bucket, and the total, which is the measure over the
//!    whole range: distinct users are never summed. `sum` and `avg` see [`value::number`] of the
//!    (cast) value and nothing else; sums are compensated; `avg` without rows is null.
//! 5. Series in request order, each in segment order, the rest last.
//!
//! No I/O, no clock (callers pass `now`), builds for wasm. Zone arithmetic happens only here.

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
