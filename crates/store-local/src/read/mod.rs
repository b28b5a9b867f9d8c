//! Reading: reports and lists over a view, the catalogue through connections of their own.

pub(crate) mod events;
pub(crate) mod query;
pub(crate) mod readers;
