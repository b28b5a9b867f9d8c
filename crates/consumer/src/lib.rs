//! From the broker to the store: batches are written, then acked.
//!
//! The rules (docs/ARCHITECTURE.md, "The life of an event"): an ack follows the store's commit,
//! never precedes it. A store that cannot be reached is waited for, however long, with the
//! deliveries un-acked. What will never be stored as it is goes to the dead letters, confirmed,
//! before its message is acked; its neighbours are stored.
//!
//! It must not know HTTP, keys or reports.

mod batch;
mod consume;
mod park;

pub use consume::{Consumer, ConsumerError};
