//! The consumer's loop: polls messages, writes them, parks refused items, acks.

use std::{future::Future, sync::Arc, time::Duration};

use empmix_backoff::Backoff;
use empmix_broker::{Broker, BrokerError, Delivery, Queue, Subscription};
use empmix_store::{Batch, ItemOutcome, Store, StoreError, Written};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::{
    batch::PolledDeliveries,
    park::{park_items, park_message},
};

/// The maximum number of unacked messages.
const PREFETCH: u16 = 32;
/// How long the store may be unavailable before the subscription is dropped.
const STORE_TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// Consuming has failed; the process must restart.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The store's files or disk failed.
    #[error(transparent)]
    Store(StoreError),
    /// The queue's file or disk failed.
    #[error(transparent)]
    Broker(BrokerError),
}

/// Moves messages from the broker to the store until it is stopped.
pub struct Consumer {
    /// The source of the messages.
    pub broker: Arc<dyn Broker>,
    /// The store to write to.
    pub store: Arc<dyn Store>,
    /// Stops the consumer after the current batch is written and acked.
    pub stop: CancellationToken,
}

/// The reason why a subscription ended.
enum Interrupted {
    /// The consumer was stopped.
    Stopped,
    /// The broker or the store is unavailable; subscribe again.
    Unavailable(String),
    /// The process must restart.
    Fatal(ConsumerError),
}

impl Consumer {
    /// Consumes until it is stopped. An error is final.
    pub async fn run(self) -> Result<(), ConsumerError> {
        let mut backoff = backoff();
        while !self.stop.is_cancelled() {
            match self.subscription(&mut backoff).await {
                Interrupted::Stopped => break,
                Interrupted::Fatal(error) => return Err(error),
                Interrupted::Unavailable(reason) => {
                    tracing::warn!(reason, "consuming was interrupted; subscribing again");
                    self.unless_stopped(tokio::time::sleep(backoff.next_delay()))
                        .await;
                }
            }
        }
        Ok(())
    }

    /// Runs one subscription until it ends. A delivery that was processed resets the backoff.
    async fn subscription(&self, backoff: &mut Backoff) -> Interrupted {
        let mut subscription = match self
            .unless_stopped(self.broker.subscribe(Queue::Events, PREFETCH))
            .await
        {
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
            let polled = PolledDeliveries::of(poll_waiting(subscription.as_mut(), first));
            let processed = self.process(polled, subscription.as_mut()).await;
            match processed {
                Ok(()) => backoff.reset(),
                Err(interrupted) => return interrupted,
            }
        }
    }

    /// Writes, parks and acks the polled deliveries.
    async fn process(
        &self,
        polled: PolledDeliveries,
        subscription: &mut dyn Subscription,
    ) -> Result<(), Interrupted> {
        for unreadable in &polled.unreadable {
            park_message(self.broker.as_ref(), unreadable).await?;
        }
        for (batch, attempts) in polled.batches.iter().zip(&polled.attempts) {
            let Some(written) = self.write(batch).await? else {
                tracing::warn!(project = %batch.project, messages = batch.envelopes.len(), "the messages are dropped because their project does not exist");
                continue;
            };
            for ((envelope, outcomes), attempts) in
                batch.envelopes.iter().zip(&written.outcomes).zip(attempts)
            {
                park_items(self.broker.as_ref(), envelope, outcomes, *attempts).await?;
            }
            log_written(batch, &written);
        }
        subscription.ack(&polled.tokens).await?;
        Ok(())
    }

    /// Writes a batch, and retries while the store is unavailable; `None` if the project does not
    /// exist.
    async fn write(&self, batch: &Batch) -> Result<Option<Written>, Interrupted> {
        let mut backoff = backoff();
        let began = tokio::time::Instant::now();
        loop {
            let reason = match self.store.write(batch.clone()).await {
                Ok(written) => return Ok(Some(written)),
                Err(StoreError::NotFound(_)) => return Ok(None),
                Err(error @ (StoreError::Storage(_) | StoreError::Invalid(_))) => {
                    return Err(Interrupted::Fatal(ConsumerError::Store(error)));
                }
                Err(StoreError::Unavailable(reason) | StoreError::Conflict(reason)) => reason,
            };
            if began.elapsed() > STORE_TIMEOUT {
                return Err(Interrupted::Unavailable(reason));
            }
            tracing::warn!(reason, "the store did not accept a batch; trying again");
            if self
                .unless_stopped(tokio::time::sleep(backoff.next_delay()))
                .await
                .is_none()
            {
                return Err(Interrupted::Stopped);
            }
        }
    }

    /// The future's output, or `None` if the consumer is stopped before that.
    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            output = future => Some(output),
        }
    }
}

impl From<BrokerError> for Interrupted {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Storage(_) => Self::Fatal(ConsumerError::Broker(error)),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Between two tries to subscribe, or to write.
fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_secs(5))
}

/// The first delivery and all others that are available without waiting.
fn poll_waiting(subscription: &mut dyn Subscription, first: Delivery) -> Vec<Delivery> {
    let mut deliveries = vec![first];
    while deliveries.len() < usize::from(PREFETCH) {
        match subscription.next().now_or_never() {
            Some(Some(delivery)) => deliveries.push(delivery),
            _ => break,
        }
    }
    deliveries
}

fn log_written(batch: &Batch, written: &Written) {
    let count = |outcome| {
        written
            .outcomes
            .iter()
            .flatten()
            .filter(|each| **each == outcome)
            .count()
    };
    tracing::debug!(
        project = %batch.project,
        messages = batch.envelopes.len(),
        stored = count(ItemOutcome::Stored),
        deduplicated = count(ItemOutcome::Deduplicated),
        redelivered = count(ItemOutcome::Redelivered),
        "a batch was written"
    );
}
