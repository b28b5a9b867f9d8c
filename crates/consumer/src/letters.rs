//! Moves dead letters from the queue into the store.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use empmix_alarm::Alarm;
use empmix_broker::{Broker, Delivery, Queue};
use empmix_model::{
    dead::{DeadLetter, DeadReason},
    envelope::Envelope,
};
use empmix_store::{Sink, StoreError};
use tokio_util::sync::CancellationToken;

use crate::{
    ConsumerError,
    park::{letter_of_item, letter_of_message},
    worker::{Interrupted, Process, Processed, Worker},
};

/// Moves letters until it is stopped.
pub struct LetterMover {
    /// The source of the letters.
    pub broker: Arc<dyn Broker>,
    /// The store to write to.
    pub store: Arc<dyn Sink>,
    /// Stops it after the letters at hand are written and acked.
    pub stop: CancellationToken,
    /// Raised when it ends by itself.
    pub alarm: Alarm,
}

impl LetterMover {
    /// Moves letters until it is stopped. An error is final.
    pub async fn run(self) -> Result<(), ConsumerError> {
        let worker = Worker {
            name: "mover of dead letters",
            queue: Queue::Dead,
            broker: self.broker.as_ref(),
            stop: &self.stop,
            alarm: &self.alarm,
        };
        worker.run(&self).await
    }
}

impl Process for LetterMover {
    async fn process(&self, deliveries: Vec<Delivery>) -> Result<Processed, Interrupted> {
        let letters: Vec<DeadLetter> = deliveries.iter().flat_map(letters).collect();
        match self.store.keep_letters(&letters).await {
            Ok(()) => {}
            Err(error @ StoreError::Storage(_)) if self.store.check().await.is_err() => {
                return Err(Interrupted::Fatal(ConsumerError::Store(error)));
            }
            Err(error) => return Err(Interrupted::Unavailable(error.to_string())),
        }
        let done = deliveries.iter().map(|delivery| delivery.token).collect();
        Ok(Processed {
            done,
            waiting: Vec::new(),
        })
    }
}

/// The letters in a delivery. A message that the broker itself gave up is taken apart.
fn letters(delivery: &Delivery) -> Vec<DeadLetter> {
    let body = &delivery.message.body;
    if let Ok(letter) = serde_json::from_slice::<DeadLetter>(body)
        && BASE64_STANDARD.decode(&letter.original).is_ok()
    {
        return vec![letter];
    }
    let reason = DeadReason::DeliveryLimit;
    match serde_json::from_slice::<Envelope>(body) {
        Ok(envelope) if !envelope.items.is_empty() => (0..envelope.items.len())
            .map(|index| letter_of_item(&envelope, index, reason, delivery.delivery_count))
            .collect(),
        _ => vec![letter_of_message(delivery, DeadReason::Undecodable)],
    }
}
