//! Moves dead letters from the queue into the store.

use std::{future::Future, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use empmix_alarm::Alarm;
use empmix_broker::{Broker, Delivery, Queue, Subscription};
use empmix_model::{
    dead::{DeadLetter, DeadReason},
    envelope::Envelope,
};
use empmix_store::{Sink, StoreError};
use tokio_util::sync::CancellationToken;

use crate::{
    ConsumerError,
    consume::{Interrupted, PREFETCH, backoff, poll_waiting, unless_stopped},
    park::{letter_of_item, letter_of_message},
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
        let guard = self.alarm.guard("mover of dead letters");
        let mut backoff = backoff();
        while !self.stop.is_cancelled() {
            guard.turn();
            match self.subscription().await {
                Interrupted::Stopped => break,
                Interrupted::Fatal(error) => {
                    self.alarm.raise(error.to_string());
                    return Err(error);
                }
                Interrupted::Unavailable(reason) => {
                    tracing::warn!(reason, "dead letters cannot be moved now; trying again");
                    self.unless_stopped(tokio::time::sleep(backoff.next_delay()))
                        .await;
                }
            }
        }
        guard.done();
        Ok(())
    }

    async fn subscription(&self) -> Interrupted {
        let subscribed = self.broker.subscribe(Queue::Dead, PREFETCH);
        let mut subscription = match self.unless_stopped(subscribed).await {
            None => return Interrupted::Stopped,
            Some(Err(error)) => return error.into(),
            Some(Ok(subscription)) => subscription,
        };
        loop {
            let first = match self.unless_stopped(subscription.next()).await {
                None => return Interrupted::Stopped,
                Some(None) => return Interrupted::Unavailable("the subscription ended".into()),
                Some(Some(delivery)) => delivery,
            };
            let deliveries = poll_waiting(subscription.as_mut(), first);
            if let Err(interrupted) = self.keep(&deliveries, subscription.as_mut()).await {
                return interrupted;
            }
        }
    }

    async fn keep(
        &self,
        deliveries: &[Delivery],
        subscription: &mut dyn Subscription,
    ) -> Result<(), Interrupted> {
        let letters: Vec<DeadLetter> = deliveries.iter().flat_map(letters).collect();
        match self.store.keep_letters(&letters).await {
            Ok(()) => {}
            Err(error @ StoreError::Storage(_)) if self.store.check().await.is_err() => {
                return Err(Interrupted::Fatal(ConsumerError::Store(error)));
            }
            Err(error) => return Err(Interrupted::Unavailable(error.to_string())),
        }
        let tokens: Vec<_> = deliveries.iter().map(|delivery| delivery.token).collect();
        subscription.ack(&tokens).await?;
        Ok(())
    }

    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        unless_stopped(&self.stop, future).await
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
