//! Moves messages from the broker to the store.
//!
//! The rules (docs/ARCHITECTURE.md, "The life of an event"): a message is acked only after the store
//! has committed it. What cannot be stored falls into three classes.
//!
//! * *Transient*: the store is unreachable. The consumer tries again, however long; the deliveries stay
//!   unacked. Where the store takes other projects' messages, the project is set aside: its messages go
//!   to the end of the queue, and no other project waits for them.
//! * *Poison*: a message that cannot be decoded, an item that the store never accepts, an item of a
//!   project that does not exist. It is parked as a dead letter, confirmed by the broker, before its
//!   message is acked; the other items of the message are stored.
//! * *Crash suspicion*: a message that was delivered several times without an ack may end the process.
//!   It is written alone, item by item, each try counted before it is made; an item that ended the
//!   process three times is parked.
//!
//! Dead letters wait in the queue `events_dead` until [`LetterMover`] has moved them into the store.
//!
//! The crate must not know HTTP, keys or reports.

mod batch;
mod circuit;
mod consume;
mod letters;
mod park;
mod worker;

pub use circuit::SetAside;
pub use consume::Consumer;
pub use letters::LetterMover;
pub use worker::ConsumerError;
