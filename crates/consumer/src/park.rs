//! Parking: publishes messages and items that can never be stored as dead letters, with their
//! original bytes.

use base64::{Engine, prelude::BASE64_STANDARD};
use empmix_broker::{Broker, BrokerError, Delivery, Message, Queue};
use empmix_model::{
    dead::{DEAD_LETTER_VERSION, DeadLetter, DeadReason},
    envelope::Envelope,
};
use futures::{StreamExt, TryStreamExt, stream};

/// Letters that are published at once.
const AT_ONCE: usize = 16;

/// The letter of a message that cannot be decoded.
pub(crate) fn letter_of_message(delivery: &Delivery, reason: DeadReason) -> DeadLetter {
    DeadLetter {
        v: DEAD_LETTER_VERSION,
        reason,
        project: None,
        message_id: delivery.message.id,
        index: None,
        received_at: None,
        attempts: delivery.delivery_count,
        original: BASE64_STANDARD.encode(&delivery.message.body),
    }
}

/// The letter of an item.
pub(crate) fn letter_of_item(
    envelope: &Envelope,
    index: usize,
    reason: DeadReason,
    attempts: u32,
) -> DeadLetter {
    // An item was decoded from JSON, so it can be encoded.
    let original = serde_json::to_vec(&envelope.items[index]).unwrap_or_default();
    DeadLetter {
        v: DEAD_LETTER_VERSION,
        reason,
        project: Some(envelope.project),
        message_id: envelope.message_id,
        index: Some(envelope.fact_key(index).index),
        received_at: Some(envelope.received_at),
        attempts,
        original: BASE64_STANDARD.encode(original),
    }
}

/// Parks letters. Returns after the broker has confirmed all of them.
pub(crate) async fn park(broker: &dyn Broker, letters: &[DeadLetter]) -> Result<(), BrokerError> {
    let messages = letters.iter().map(message);
    let messages: Vec<Message> = messages.collect::<Result<_, _>>()?;
    publish_all(broker, Queue::Dead, messages).await
}

/// Publishes messages, some at once. Returns after the broker has confirmed all of them.
pub(crate) async fn publish_all(
    broker: &dyn Broker,
    queue: Queue,
    messages: Vec<Message>,
) -> Result<(), BrokerError> {
    let mut publishes = Vec::with_capacity(messages.len());
    for message in messages {
        publishes.push(broker.publish(queue, message));
    }
    stream::iter(publishes)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

fn message(letter: &DeadLetter) -> Result<Message, BrokerError> {
    tracing::warn!(reason = ?letter.reason, message_id = %letter.message_id, index = letter.index, "parking a dead letter");
    let body =
        serde_json::to_vec(letter).map_err(|error| BrokerError::Unavailable(error.to_string()))?;
    Ok(Message {
        id: letter.message_id,
        body: body.into(),
    })
}
