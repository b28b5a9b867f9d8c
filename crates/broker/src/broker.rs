//! The trait and its types.

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

/// One of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// `events_queue`: messages from the API to the consumer. With RabbitMQ a subscription also
    /// reads `events_unrouted`.
    Events,
    /// `events_dead`: items that the store can never accept, with the reason.
    Dead,
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message's id. Brokers do not deduplicate by it.
    pub id: Uuid,
    /// The payload.
    pub body: Bytes,
}

/// A delivered message.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// The number of earlier deliveries that the broker knows of; 0 for the first delivery.
    pub delivery_count: u32,
    /// The token that acks it. It is valid in the subscription that returned it.
    pub token: AckToken,
}

/// Identifies a delivery within its subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AckToken(pub u64);

/// The number of messages in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Messages that are waiting for delivery.
    pub ready: u64,
    /// Messages that were delivered and not acked (0 if the broker does not report it).
    pub unacked: u64,
}

/// Whether a publish can succeed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerState {
    /// It can succeed.
    Ready,
    /// It cannot succeed; the reason as text without secrets (`broker_blocked`, `queue_full`, …).
    Unavailable(String),
}

/// A call failed. After any error of a publish the message may be stored; the caller should send it
/// again with the same item ids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The broker is unreachable, blocked, or shutting down.
    #[error("the broker is unavailable: {0}")]
    Unavailable(String),
    /// The queue has reached its limit.
    #[error("the queue is full")]
    Full,
    /// The broker did not confirm before the deadline; the outcome is unknown.
    #[error("the broker did not confirm in time")]
    Deadline,
    /// An exchange or queue exists at the broker with other arguments.
    #[error("the broker's topology differs: {0}")]
    Topology(String),
    /// The queue's file is damaged or its disk failed; the process must exit (75) and restart.
    #[error("the queue's storage failed: {0}")]
    Storage(String),
    /// The subscription has ended; its unacked messages will be delivered again.
    #[error("the subscription has ended")]
    Ended,
}

/// A durable queue. All methods may be called from several tasks at once.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Publishes a message and returns when it is durable, or fails within a deadline of a few
    /// seconds.
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), BrokerError>;

    /// Subscribes to a queue. At most `prefetch` deliveries are unacked at a time. Messages that an
    /// earlier subscription did not ack are delivered again. If an implementation loses its
    /// connection, the subscription ends and the caller subscribes again.
    async fn subscribe(
        &self,
        queue: Queue,
        prefetch: u16,
    ) -> Result<Box<dyn Subscription>, BrokerError>;

    /// The number of messages in a queue.
    async fn depth(&self, queue: Queue) -> Result<QueueDepth, BrokerError>;

    /// Whether a publish can succeed now. Does no I/O.
    fn state(&self) -> BrokerState;

    /// `embedded` or `amqp`.
    fn kind(&self) -> &'static str;

    /// What a confirmed publish promises, as a clause for a person: who wrote the message where.
    fn durability(&self) -> &'static str;

    /// Completes the calls in progress and closes the broker. Later calls fail with `Unavailable`.
    async fn close(&self);
}

/// A stream of deliveries.
#[async_trait]
pub trait Subscription: Send {
    /// The next delivery; `None` if the subscription has ended. Cancel safe: dropping the future
    /// before it returns loses no delivery.
    async fn next(&mut self) -> Option<Delivery>;

    /// Acks deliveries of this subscription durably. After an error they may be delivered again.
    async fn ack(&mut self, tokens: &[AckToken]) -> Result<(), BrokerError>;
}
