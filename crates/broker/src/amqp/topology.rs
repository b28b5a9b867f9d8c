//! The exchanges and queues, and their declaration.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use crate::Queue;

const UNROUTED: &str = "empmix.unrouted";
const DEAD: &str = "empmix.dead";
/// A high limit: RabbitMQ 4's default of 20 would dead-letter valid messages after 20 restarts.
const DELIVERY_LIMIT: i64 = 1000;

/// The exchange and the routing key for publishing to a queue.
pub(super) fn route(queue: Queue) -> (&'static str, &'static str) {
    match queue {
        Queue::Events => ("empmix.events", "events"),
        Queue::Dead => (DEAD, ""),
    }
}

/// The queues that a subscription reads.
pub(super) fn sources(queue: Queue) -> &'static [&'static str] {
    match queue {
        Queue::Events => &["events_queue", "events_unrouted"],
        Queue::Dead => &["events_dead"],
    }
}

/// Declares all exchanges and queues. Fails if one of them exists with other arguments.
pub(super) async fn declare(channel: &Channel) -> lapin::Result<()> {
    let (events, key) = route(Queue::Events);
    let alternate = table(&[("alternate-exchange", text(UNROUTED))]);
    exchange(
        channel,
        UNROUTED,
        ExchangeKind::Fanout,
        FieldTable::default(),
    )
    .await?;
    exchange(channel, DEAD, ExchangeKind::Fanout, FieldTable::default()).await?;
    exchange(channel, events, ExchangeKind::Direct, alternate).await?;
    queue(channel, "events_dead", DEAD, "", dead_arguments()).await?;
    queue(channel, "events_unrouted", UNROUTED, "", events_arguments()).await?;
    queue(channel, "events_queue", events, key, events_arguments()).await
}

/// The number of messages waiting in a queue. Fails if the queue does not exist.
pub(super) async fn count(channel: &Channel, name: &str) -> lapin::Result<u64> {
    let options = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let queue = channel
        .queue_declare(name.into(), options, FieldTable::default())
        .await?;
    Ok(u64::from(queue.message_count()))
}

fn events_arguments() -> FieldTable {
    table(&[
        ("x-queue-type", text("quorum")),
        ("x-overflow", text("reject-publish")),
        ("x-dead-letter-exchange", text(DEAD)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT)),
    ])
}

fn dead_arguments() -> FieldTable {
    table(&[("x-queue-type", text("quorum"))])
}

async fn exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
    arguments: FieldTable,
) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(name.into(), kind, options, arguments)
        .await
}

async fn queue(
    channel: &Channel,
    name: &str,
    exchange: &str,
    key: &str,
    arguments: FieldTable,
) -> lapin::Result<()> {
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(name.into(), options, arguments)
        .await?;
    channel
        .queue_bind(
            name.into(),
            exchange.into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}

fn table(entries: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert((*name).into(), value.clone());
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
