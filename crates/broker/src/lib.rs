//! The durable queue between the API and the consumer, as a trait with two implementations.
//!
//! A `200` of the ingest API means that [`Broker::publish`] returned `Ok`: the message is on stable
//! storage. An ack means that the store has it. A published message is delivered at least once.
//!
//! * [`broker`]: the trait and its types
//! * [`embedded`]: a queue in one SQLite file, for one machine
//! * [`amqp`]: RabbitMQ, for several machines
//! * `contract` (a feature): the tests that every implementation must pass
//!
//! It must not know events, stores or HTTP: a message is an id and bytes.

pub mod amqp;
pub mod broker;
#[cfg(feature = "contract")]
pub mod contract;
pub mod embedded;

pub use amqp::AmqpBroker;
pub use broker::{
    AckToken, Broker, BrokerError, BrokerState, Delivery, Message, Queue, QueueDepth, Subscription,
};
pub use embedded::EmbeddedBroker;
