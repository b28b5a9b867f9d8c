//! The trait, and what passes through it.

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

/// One of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// `events_queue`: from the API to the consumer. With RabbitMQ a subscription also takes what
    /// landed in `events_unrouted`.
    Events,
    /// `events_dead`: items that will never be stored as they are, with a reason.
    Dead,
}

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message's id; it does not deduplicate.
    pub id: Uuid,
    /// The payload.
    pub body: Bytes,
}

/// What a subscription hands out.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// How often it was delivered before, as far as the broker knows; 0 the first time.
    pub delivery_count: u32,
    /// What acks it, within the subscription that it came from.
    pub token: AckToken,
}

/// Names a delivery within its subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AckToken(pub u64);

/// What waits in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that nobody has yet.
    pub ready: u64,
    /// Messages that were delivered and not acked (0 where the broker does not tell).
    pub unacked: u64,
}

/// Whether the broker can keep the promise now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerState {
    /// It can.
    Ready,
    /// It cannot; the reason in words, without secrets (`broker_blocked`, `queue_full`, …).
    Unavailable(String),
}

/// Why a call failed. Every error of a publish means: perhaps stored, send it again with the same
/// item ids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// It cannot be reached, is blocked, or is shutting down.
    #[error("the broker is unavailable: {0}")]
    Unavailable(String),
    /// The queue's bound is reached.
    #[error("the queue is full")]
    Full,
    /// No confirm within the deadline; the outcome is unknown.
    #[error("the broker did not confirm in time")]
    Deadline,
    /// What exists at the broker differs from what we declare.
    #[error("the broker's topology differs: {0}")]
    Topology(String),
    /// The queue's file is damaged or its disk fails; the process must exit (75) and restart.
    #[error("the queue's storage failed: {0}")]
    Storage(String),
    /// The subscription has ended; the delivery will come again.
    #[error("the subscription has ended")]
    Ended,
}

/// A durable queue. All methods may be called from many tasks at once.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Publishes and returns once the message is durable, or fails within a deadline of a few
    /// seconds.
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), BrokerError>;

    /// Subscribes. At most `prefetch` deliveries are un-acked at a time. What an earlier
    /// subscription did not ack comes again. An implementation that loses its connection ends the
    /// subscription; the caller subscribes anew.
    async fn subscribe(
        &self,
        queue: Queue,
        prefetch: u16,
    ) -> Result<Box<dyn Subscription>, BrokerError>;

    /// What waits in a queue.
    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError>;

    /// Whether a publish can succeed now; cheap, from memory.
    fn state(&self) -> BrokerState;

    /// `embedded` or `amqp`.
    fn kind(&self) -> &'static str;

    /// Finishes what is under way and closes. Later calls fail with `Unavailable`.
    async fn close(&self);
}

/// A stream of deliveries.
#[async_trait]
pub trait Subscription: Send {
    /// The next delivery; `None` once the subscription has ended. Cancel safe: a call that is dropped
    /// before it returned has taken nothing.
    async fn next(&mut self) -> Option<Delivery>;

    /// Acks deliveries of this subscription, durably. An error means that they may come again.
    async fn ack(&mut self, tokens: &[AckToken]) -> Result<(), BrokerError>;
}
