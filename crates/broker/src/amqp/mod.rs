//! RabbitMQ.
//!
//! # Topology
//! Declared by each connection before its first use, idempotently; lengths are the operator's, by
//! policy. What exists with other arguments is an error ([`BrokerError::Topology`]), never deleted
//! or changed.
//!
//! | object | arguments |
//! | --- | --- |
//! | exchange `empmix.events`, direct → `events_queue` by the key `events` | `alternate-exchange=empmix.unrouted` |
//! | exchange `empmix.unrouted`, fanout → `events_unrouted` | |
//! | exchange `empmix.dead`, fanout → `events_dead` | |
//! | queues `events_queue`, `events_unrouted` | `x-queue-type=quorum`, `x-overflow=reject-publish`, `x-dead-letter-exchange=empmix.dead`, `x-dead-letter-strategy=at-least-once`, `x-delivery-limit=1000` |
//! | queue `events_dead` | `x-queue-type=quorum` |
//!
//! # Publishing
//! On a connection of its own, through a pool of channels in confirm mode, `mandatory`, persistent,
//! with **one** publish in flight per channel: a returned message carries no delivery tag, and the
//! client library hands it to whichever confirm completes next, so a pipelined channel can report
//! a lost message as confirmed. `Ok` means: confirmed and not returned. Everything else is an
//! error, and the channel is closed; a channel whose confirm missed its deadline is never used
//! again. An alarm at the broker (`connection.blocked`) fails publishes at once.
//!
//! # Consuming
//! On another connection, since a blocked one sends no acks either. A subscription has a channel of
//! its own; [`Queue::Events`](crate::Queue::Events) is `events_queue` and `events_unrouted`
//! together. The end of any stream ends the subscription; an ack that the library answers with
//! `false` did not happen.
//!
//! # Failures
//! Each connection has a supervisor: it connects, declares, watches, and begins again with jittered
//! exponential backoff. The library's own recovery is off: it leaves confirms pending until the
//! server is back. Passwords are in no error and no log: addresses are shown as [`RedactedUri`].
//!
//! [`BrokerError::Topology`]: crate::BrokerError::Topology

mod broker;
mod error;
mod link;
mod options;
mod publisher;
mod subscription;
mod topology;
mod uri;

pub use broker::AmqpBroker;
pub use link::{BLOCKED, CLOSED, CONNECTING};
pub use options::AmqpOptions;
pub use uri::RedactedUri;
