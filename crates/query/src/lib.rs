//! What is asked and answered: reports, filters, calendar buckets, results.
//!
//! Both engines answer from this crate, so that a rule of `docs/REPORTS.md` is written once: what
//! a report means ([`report`]), how a body is read and which error names which path ([`parse`]),
//! which instants its buckets begin at ([`calendar`], [`plan`]), how values compare ([`value`],
//! [`filter`]), how segments are ranked ([`segment`]), and what an answer looks like ([`answer`]).
//!
//! No I/O, no clock (callers pass `now`), builds for wasm. Zone arithmetic happens only here.

pub mod answer;
pub mod error;
pub mod report;

pub use error::InvalidQuery;
