//! The seam between the API and the consumer: a durable queue behind one trait.
//!
//! A `200` of the ingest API means that [`Broker::publish`] returned `Ok`: the message is on stable
//! storage. An ack means that the store has it. What is published comes out at least once.
//!
//! * [`broker`]: the trait, and what passes through it
//! * [`embedded`]: a queue in one SQLite file, for one machine
//! * [`amqp`]: RabbitMQ, for several
//! * `contract` (a feature): the tests that every implementation passes
//!
//! It must not know events, stores or HTTP: a message is an id and bytes.

pub mod amqp;
pub mod broker;
#[cfg(feature = "contract")]
pub mod contract;
pub mod embedded;

pub use amqp::AmqpBroker;
pub use broker::{
    AckToken, Broker, BrokerError, BrokerState, Delivery, Depth, Message, Queue, Subscription,
};
pub use embedded::EmbeddedBroker;
