//! Parking: publishes messages and items that can never be stored as dead letters, with their
//! original bytes.

use base64::{Engine, prelude::BASE64_STANDARD};
use empmix_broker::{Broker, BrokerError, Message, Queue};
use empmix_model::{
    dead::{DEAD_LETTER_VERSION, DeadLetter, DeadReason},
    envelope::Envelope,
};
use empmix_store::ItemOutcome;

use crate::batch::UnreadableMessage;

/// Parks a message that cannot be decoded. Returns after the broker has confirmed it.
pub(crate) async fn park_message(
    broker: &dyn Broker,
    unreadable: &UnreadableMessage,
) -> Result<(), BrokerError> {
    let delivery = &unreadable.delivery;
    let letter = DeadLetter {
        v: DEAD_LETTER_VERSION,
        reason: unreadable.reason,
        project: None,
        message_id: delivery.message.id,
        index: None,
        received_at: None,
        attempts: delivery.delivery_count,
        original: BASE64_STANDARD.encode(&delivery.message.body),
    };
    publish(broker, &letter).await
}

/// Parks the items of an envelope that the store can never accept. Returns after the broker has
/// confirmed them.
pub(crate) async fn park_items(
    broker: &dyn Broker,
    envelope: &Envelope,
    outcomes: &[ItemOutcome],
    attempts: u32,
) -> Result<(), BrokerError> {
    for ((item, outcome), index) in envelope.items.iter().zip(outcomes).zip(0..) {
        let Some(reason) = dead_reason(*outcome) else {
            continue;
        };
        let original = serde_json::to_vec(item)
            .map_err(|error| BrokerError::Unavailable(error.to_string()))?;
        let letter = DeadLetter {
            v: DEAD_LETTER_VERSION,
            reason,
            project: Some(envelope.project),
            message_id: envelope.message_id,
            index: Some(index),
            received_at: Some(envelope.received_at),
            attempts,
            original: BASE64_STANDARD.encode(original),
        };
        publish(broker, &letter).await?;
    }
    Ok(())
}

fn dead_reason(outcome: ItemOutcome) -> Option<DeadReason> {
    match outcome {
        ItemOutcome::Conflict => Some(DeadReason::IdConflict),
        ItemOutcome::Poison => Some(DeadReason::StoreRefused),
        ItemOutcome::Stored | ItemOutcome::Deduplicated | ItemOutcome::Redelivered => None,
    }
}

async fn publish(broker: &dyn Broker, letter: &DeadLetter) -> Result<(), BrokerError> {
    tracing::warn!(reason = ?letter.reason, message_id = %letter.message_id, index = letter.index, "parking a dead letter");
    let body =
        serde_json::to_vec(letter).map_err(|error| BrokerError::Unavailable(error.to_string()))?;
    broker
        .publish(
            Queue::Dead,
            Message {
                id: letter.message_id,
                body: body.into(),
            },
        )
        .await
}
