//! What is asked of a store, and the suite of tests that every store passes.
//!
//! Two crates implement it: `empmix-store-local` (SQLite and columns) and `empmix-store-mongo`. After
//! the same writes, in whatever order, both give the same answers.
//!
//! Must not know: SQLite, MongoDB, brokers, HTTP.

#[cfg(feature = "contract")]
pub mod contract;
pub mod store;
pub mod wording;

pub use store::{
    Batch, EventFilter, EventsPage, ItemOutcome, Missed, NewProject, ReadError, Store, StoreError,
    Watched, Written, content_hash, instruction_hash,
};
