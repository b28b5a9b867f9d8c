//! Moves messages from the broker to the store.
//!
//! The rules (docs/ARCHITECTURE.md, "The life of an event"): a message is acked only after the store
//! has committed it. While the store is unavailable, the consumer keeps retrying and the deliveries
//! stay unacked. An item that the store can never accept is parked as a dead letter, confirmed by the
//! broker, before its message is acked; the other items of the message are stored.
//!
//! The crate must not know HTTP, keys or reports.

mod batch;
mod consume;
mod park;

pub use consume::{Consumer, ConsumerError};
