//! Writing: one thread applies batches, each in a transaction of the catalogue.

pub(crate) mod apply;
pub(crate) mod identity;
pub(crate) mod pending;
pub(crate) mod prepare;
pub(crate) mod writer;
