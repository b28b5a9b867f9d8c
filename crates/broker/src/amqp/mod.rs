//! The broker on RabbitMQ.
//!
//! # Topology
//! Each connection declares the topology before its first use, idempotently. Operators limit the
//! queues' lengths by policy. An object that exists with other arguments is an error
//! ([`BrokerError::Topology`]); it is not deleted or changed.
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
//! Publishing uses its own connection and a pool of channels in confirm mode. Messages are
//! `mandatory` and persistent, with **one** publish in flight per channel: a returned message has no
//! delivery tag, and the client library assigns it to the confirm that completes next, so a
//! pipelined channel could report a lost message as confirmed. `Ok` means confirmed and not
//! returned. Any other outcome is an error and closes the channel; in particular a channel whose
//! confirm missed its deadline is never reused. While the server has an alarm
//! (`connection.blocked`), publishes fail immediately.
//!
//! # Consuming
//! Consuming uses another connection, because a blocked connection does not send acks. Each
//! subscription has its own channel. [`Queue::Events`](crate::Queue::Events) reads both
//! `events_queue` and `events_unrouted`. The end of either stream ends the subscription. If the
//! library returns `false` for an ack, the ack was not sent.
//!
//! # Failures
//! Each connection has a supervisor that connects, declares, monitors, and reconnects with jittered
//! exponential backoff. The library's own recovery is disabled because it leaves confirms pending
//! until the server is available again. Errors and logs contain no passwords: addresses are shown as
//! [`RedactedUri`].
//!
//! [`BrokerError::Topology`]: crate::BrokerError::Topology

mod broker;
mod connection;
mod error;
mod options;
mod publisher;
mod subscription;
mod topology;
mod uri;

pub use broker::AmqpBroker;
pub use connection::{BLOCKED, CLOSED, CONNECTING};
pub use options::AmqpOptions;
pub use uri::RedactedUri;
