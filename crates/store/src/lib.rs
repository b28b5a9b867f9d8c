//! What is asked of a store, and the suite of tests that every store passes.
//!
//! Two crates implement it: `empmix-store-local` (SQLite and columns) and `empmix-store-mongo`. After
//! the same writes, in whatever order, both give the same answers.
//!
//! Must not know: SQLite, MongoDB, brokers, HTTP.
//!
//! | trait | what is asked of it |
//! | --- | --- |
//! | [`EventSink`] | write messages |
//! | [`Reports`] | answer reports, explain them, list events and properties |
//! | [`EventLog`] | pages of events, and events as they arrive |
//! | [`Identity`] | links between ids, sessions |
//! | [`Warnings`] | what was refused or altered |
//! | [`Catalogue`] | projects and keys |
//! | [`Records`] | saved reports, boards and the like: JSON with a version |
//! | [`Jobs`] | long work and its progress |
//! | [`DeadLetters`] | items that are never accepted, with their bytes |
//! | [`Sink`] | what the consumer needs: messages, dead letters, whether it can be reached |
//! | [`Store`] | all of these, and its end |

mod catalogue;
#[cfg(feature = "contract")]
pub mod contract;
mod dead_letters;
mod error;
mod event_log;
mod event_sink;
mod identity;
mod jobs;
pub mod records;
mod refused;
mod reports;
mod store;
mod warnings;
pub mod wording;

pub use catalogue::{Catalogue, NewProject};
pub use dead_letters::DeadLetters;
pub use error::StoreError;
pub use event_log::{EventFilter, EventLog, EventsPage, Missed, Watched};
pub use event_sink::{Batch, EventSink, ItemOutcome, Written, content_hash, instruction_hash};
pub use identity::Identity;
pub use jobs::Jobs;
pub use records::{Record, RecordKey, RecordKind, Records};
pub use refused::RefusedBodies;
pub use reports::{ReadError, Reports};
pub use store::{Sink, Store};
pub use warnings::Warnings;
