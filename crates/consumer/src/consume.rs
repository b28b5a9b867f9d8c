//! The loop: take what is there, write, park, ack.

use std::{future::Future, sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use empmix_broker::{Broker, BrokerError, Delivery, Queue, Subscription};
use empmix_store::{Batch, ItemOutcome, Store, StoreError, Written};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::{
    batch::Taken,
    park::{park_items, park_message},
};

/// Messages that are un-acked at a time.
const PREFETCH: u16 = 32;
/// How long a store may be away before the subscription is given back.
const STORE_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Why consuming stopped for good; the process must restart.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The store's files or disk failed.
    #[error(transparent)]
    Store(StoreError),
    /// The queue's file or disk failed.
    #[error(transparent)]
    Broker(BrokerError),
}

/// Moves messages from the broker to the store until it is told to stop.
pub struct Consumer {
    /// Where messages come from.
    pub broker: Arc<dyn Broker>,
    /// Where they go.
    pub store: Arc<dyn Store>,
    /// Tells it to stop; the batch under way is finished and acked first.
    pub stop: CancellationToken,
}

/// What ended a subscription.
enum Interrupted {
    /// Told to stop.
    Stopped,
    /// Broker or store cannot be reached; subscribe again.
    Away(String),
    /// The process must restart.
    Fatal(ConsumerError),
}

impl Consumer {
    /// Consumes until stopped. An error is final.
    pub async fn run(self) -> Result<(), ConsumerError> {
        let mut delays = delays();
        while !self.stop.is_cancelled() {
            match self.subscription().await {
                Interrupted::Stopped => break,
                Interrupted::Fatal(error) => return Err(error),
                Interrupted::Away(reason) => {
                    tracing::warn!(reason, "consuming is interrupted");
                    let delay = delays.next().unwrap_or(MAX_DELAY);
                    self.unless_stopped(tokio::time::sleep(delay)).await;
                }
            }
        }
        Ok(())
    }

    /// One subscription, from its beginning to its end.
    async fn subscription(&self) -> Interrupted {
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
                Some(None) => return Interrupted::Away("the subscription ended".into()),
                Some(Some(delivery)) => delivery,
            };
            let taken = Taken::of(take_waiting(subscription.as_mut(), first));
            let finished = self.finish(taken, subscription.as_mut()).await;
            if let Err(interrupted) = finished {
                return interrupted;
            }
        }
    }

    /// Writes, parks and acks what was taken.
    async fn finish(
        &self,
        taken: Taken,
        subscription: &mut dyn Subscription,
    ) -> Result<(), Interrupted> {
        for unreadable in &taken.unreadable {
            park_message(self.broker.as_ref(), unreadable).await?;
        }
        for (batch, attempts) in taken.batches.iter().zip(&taken.attempts) {
            let Some(written) = self.write(batch).await? else {
                tracing::warn!(project = %batch.project, messages = batch.envelopes.len(), "dropped: unknown project");
                continue;
            };
            for ((envelope, outcomes), attempts) in
                batch.envelopes.iter().zip(&written.outcomes).zip(attempts)
            {
                park_items(self.broker.as_ref(), envelope, outcomes, *attempts).await?;
            }
            log_written(batch, &written);
        }
        subscription.ack(&taken.tokens).await?;
        Ok(())
    }

    /// Writes a batch, waiting for a store that is away; `None` when the project does not exist.
    async fn write(&self, batch: &Batch) -> Result<Option<Written>, Interrupted> {
        let mut delays = delays();
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
            if began.elapsed() > STORE_PATIENCE {
                return Err(Interrupted::Away(reason));
            }
            tracing::warn!(reason, "the store did not take a batch; trying again");
            let delay = delays.next().unwrap_or(MAX_DELAY);
            if self
                .unless_stopped(tokio::time::sleep(delay))
                .await
                .is_none()
            {
                return Err(Interrupted::Stopped);
            }
        }
    }

    /// The future's output, or `None` once it is time to stop.
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
            other => Self::Away(other.to_string()),
        }
    }
}

const MAX_DELAY: Duration = Duration::from_secs(5);

fn delays() -> impl Iterator<Item = Duration> {
    let first = Duration::from_millis(50);
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(MAX_DELAY)
        .with_jitter()
        .without_max_times()
        .build()
}

/// The first delivery and whatever else is there already.
fn take_waiting(subscription: &mut dyn Subscription, first: Delivery) -> Vec<Delivery> {
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
        "written"
    );
}
