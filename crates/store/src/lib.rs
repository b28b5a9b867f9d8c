//! The seam to what is kept: events, identities, sessions, projects, jobs, warnings; and the
//! answers to reports over them.
//!
//! Two implementations, one trait ([`Store`]) and one suite of tests: whatever was written, in
//! whatever order, both give the same answers.

#[cfg(feature = "contract")]
pub mod contract;
pub mod local;
pub mod mongo;
pub mod store;
mod wording;

pub use store::{
    Batch, EventFilter, EventsPage, ItemOutcome, Missed, NewProject, ReadError, Store, StoreError,
    Watched, Written, content_hash, instruction_hash,
};
