//! The consumer's loop: polls messages, writes them, parks refused items, acks.

use std::{future::Future, sync::Arc, time::Duration};

use empmix_alarm::Alarm;
use empmix_backoff::Backoff;
use empmix_broker::{Broker, BrokerError, Delivery, Queue, Subscription};
use empmix_model::{
    dead::{DeadReason, LetterId},
    envelope::Envelope,
    ids::ProjectId,
};
use empmix_store::{Batch, ItemOutcome, Sink, StoreError, Written};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::{
    SetAside,
    batch::{PolledDeliveries, ProjectBatch},
    park::{letter_of_item, park, publish_all},
};

/// The maximum number of unacked messages.
pub(crate) const PREFETCH: u16 = 32;
/// How long the store may be unavailable before the subscription is dropped.
const STORE_TIMEOUT: Duration = Duration::from_secs(20 * 60);
/// Failed tries of a batch after which its project is set aside, if the store takes others.
const TRIES: usize = 3;
/// Tries of an item that end the process, after which the item is parked.
const CRASHES: u32 = 3;

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
    pub store: Arc<dyn Sink>,
    /// Stops the consumer after the current batch is written and acked.
    pub stop: CancellationToken,
    /// The projects whose messages wait.
    pub set_aside: SetAside,
    /// Raised when it ends by itself.
    pub alarm: Alarm,
}

/// The reason why a subscription ended.
pub(crate) enum Interrupted {
    /// It was stopped.
    Stopped,
    /// The broker or the store is unavailable; subscribe again.
    Unavailable(String),
    /// The process must restart.
    Fatal(ConsumerError),
}

/// What came of a batch.
enum Outcome {
    Written(Written),
    /// Its project does not exist.
    NoProject,
    /// Its project's batches fail while the store takes others.
    SetAside,
}

impl Consumer {
    /// Consumes until it is stopped. An error is final.
    pub async fn run(self) -> Result<(), ConsumerError> {
        let guard = self.alarm.guard("consumer");
        let mut backoff = backoff();
        while !self.stop.is_cancelled() {
            guard.turn();
            match self.subscription(&mut backoff).await {
                Interrupted::Stopped => break,
                Interrupted::Fatal(error) => {
                    self.alarm.raise(error.to_string());
                    return Err(error);
                }
                Interrupted::Unavailable(reason) => {
                    tracing::warn!(reason, "consuming was interrupted; subscribing again");
                    self.unless_stopped(tokio::time::sleep(backoff.next_delay()))
                        .await;
                }
            }
        }
        guard.done();
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
            match self.process(polled, subscription.as_mut()).await {
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
        park(self.broker.as_ref(), &polled.unreadable).await?;
        for (envelope, attempts) in &polled.suspicious {
            self.write_alone(envelope, *attempts).await?;
        }
        let mut moved_only = polled.suspicious.is_empty() && !polled.batches.is_empty();
        let mut pause = None;
        for mut batch in polled.batches {
            match self.write(&mut batch).await? {
                Outcome::SetAside => {
                    self.to_the_end(&batch).await?;
                    pause = pause.max(self.set_aside.wait(batch.project));
                }
                Outcome::Written(written) => {
                    moved_only = false;
                    let envelopes = batch.envelopes();
                    self.park_refused(envelopes, &written, &batch.attempts)
                        .await?;
                }
                Outcome::NoProject => {
                    moved_only = false;
                    self.park_all(batch.envelopes(), &batch.attempts).await?;
                }
            }
        }
        subscription.ack(&polled.tokens).await?;
        if moved_only {
            // Nothing but messages that wait: they would only go round.
            let pause = pause.unwrap_or_default().min(Duration::from_secs(1));
            self.unless_stopped(tokio::time::sleep(pause)).await;
        }
        Ok(())
    }

    /// Writes a batch, and tries again while the store is unavailable.
    async fn write(&self, batch: &mut ProjectBatch) -> Result<Outcome, Interrupted> {
        let project = batch.project;
        if self.set_aside.wait(project).is_some() {
            return Ok(Outcome::SetAside);
        }
        let mut backoff = backoff();
        let began = tokio::time::Instant::now();
        for tried in 1.. {
            let error = match self.store.write(batch.take()).await {
                Ok(written) => {
                    self.set_aside.close(project);
                    log_written(project, &written);
                    return Ok(Outcome::Written(written));
                }
                Err(StoreError::NotFound(_)) => return Ok(Outcome::NoProject),
                Err(error) => error,
            };
            let store = self.store.check().await;
            if let Err(StoreError::Storage(_)) = store {
                return Err(Interrupted::Fatal(ConsumerError::Store(error)));
            }
            if store.is_ok() && tried >= TRIES {
                tracing::warn!(%project, %error, "the messages of a project are set aside");
                self.set_aside.open(project, error.to_string());
                return Ok(Outcome::SetAside);
            }
            if began.elapsed() > STORE_TIMEOUT {
                return Err(Interrupted::Unavailable(error.to_string()));
            }
            tracing::warn!(%error, "the store did not accept a batch; trying again");
            let pause = tokio::time::sleep(backoff.next_delay());
            if self.unless_stopped(pause).await.is_none() {
                return Err(Interrupted::Stopped);
            }
        }
        Err(Interrupted::Stopped)
    }

    /// Writes a message that may have ended the process: once as a whole, then item by item, each try
    /// counted before it is made. An item that ended the process too often is parked.
    async fn write_alone(&self, envelope: &Envelope, attempts: u32) -> Result<(), Interrupted> {
        let project = envelope.project;
        let message = LetterId::of_message(envelope.message_id);
        let tried = self.store.begin_try(message).await.map_err(Self::failed)?;
        if tried == 0 {
            // Most such messages are only unlucky: the process was ended by something else.
            return self.try_one(message, envelope.clone(), attempts).await;
        }
        for (index, item) in envelope.items.iter().enumerate() {
            let id = LetterId::of_item(project, item);
            let before = self.store.begin_try(id).await;
            if before.map_err(Self::failed)? >= CRASHES {
                let letter = letter_of_item(envelope, index, DeadReason::Crashes, attempts);
                park(self.broker.as_ref(), &[letter]).await?;
                continue;
            }
            let Some(alone) = envelope.only(index) else {
                continue;
            };
            self.try_one(id, alone, attempts).await?;
        }
        // What the message carries besides its items.
        let mut rest = envelope.clone();
        rest.items.clear();
        self.try_one(message, rest, attempts).await
    }

    /// Writes a message whose try was counted. A write that fails ends the try too: the process lives,
    /// so it was not this item that ended it.
    async fn try_one(
        &self,
        tried: LetterId,
        envelope: Envelope,
        attempts: u32,
    ) -> Result<(), Interrupted> {
        let written = self.write_one(envelope, attempts).await;
        let ended = self.store.end_tries(&[tried]).await;
        written?;
        ended.map_err(Self::failed)
    }

    async fn write_one(&self, envelope: Envelope, attempts: u32) -> Result<(), Interrupted> {
        let batch = Batch {
            project: envelope.project,
            envelopes: vec![envelope.clone()],
        };
        let (envelopes, attempts) = (std::iter::once(envelope), [attempts]);
        match self.store.write(batch).await {
            Ok(written) => self.park_refused(envelopes, &written, &attempts).await?,
            Err(StoreError::NotFound(_)) => self.park_all(envelopes, &attempts).await?,
            Err(error) => return Err(Self::failed(error)),
        }
        Ok(())
    }

    /// What a failure of the store means where nothing else can go on.
    fn failed(error: StoreError) -> Interrupted {
        match error {
            StoreError::Storage(_) => Interrupted::Fatal(ConsumerError::Store(error)),
            other => Interrupted::Unavailable(other.to_string()),
        }
    }

    /// Publishes messages again behind all others; they are acked where they were.
    async fn to_the_end(&self, batch: &ProjectBatch) -> Result<(), BrokerError> {
        publish_all(self.broker.as_ref(), Queue::Events, batch.messages.clone()).await
    }

    /// Parks the items that the store never accepts.
    async fn park_refused(
        &self,
        envelopes: impl Iterator<Item = Envelope>,
        written: &Written,
        attempts: &[u32],
    ) -> Result<(), BrokerError> {
        let outcomes = written.outcomes.iter().flatten();
        if outcomes
            .copied()
            .all(|outcome| dead_reason(outcome).is_none())
        {
            return Ok(());
        }
        let mut letters = Vec::new();
        for ((envelope, outcomes), attempts) in envelopes.zip(&written.outcomes).zip(attempts) {
            for (index, outcome) in outcomes.iter().enumerate() {
                if let Some(reason) = dead_reason(*outcome) {
                    letters.push(letter_of_item(&envelope, index, reason, *attempts));
                }
            }
        }
        park(self.broker.as_ref(), &letters).await
    }

    /// Parks all items of a project that does not exist.
    async fn park_all(
        &self,
        envelopes: impl Iterator<Item = Envelope>,
        attempts: &[u32],
    ) -> Result<(), BrokerError> {
        let reason = DeadReason::UnknownProject;
        for (envelope, attempts) in envelopes.zip(attempts) {
            let items = 0..envelope.items.len();
            let letters = items.map(|index| letter_of_item(&envelope, index, reason, *attempts));
            park(self.broker.as_ref(), &letters.collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        unless_stopped(&self.stop, future).await
    }
}

/// The future's output, or `None` if it is stopped before that.
pub(crate) async fn unless_stopped<T>(
    stop: &CancellationToken,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        output = future => Some(output),
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

fn dead_reason(outcome: ItemOutcome) -> Option<DeadReason> {
    match outcome {
        ItemOutcome::Conflict => Some(DeadReason::IdConflict),
        ItemOutcome::Poison => Some(DeadReason::StoreRefused),
        ItemOutcome::Stored | ItemOutcome::Deduplicated | ItemOutcome::Redelivered => None,
    }
}

/// Between two tries to subscribe, or to write.
pub(crate) fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_secs(5))
}

/// The first delivery and all others that are available without waiting.
pub(crate) fn poll_waiting(subscription: &mut dyn Subscription, first: Delivery) -> Vec<Delivery> {
    let mut deliveries = vec![first];
    while deliveries.len() < usize::from(PREFETCH) {
        match subscription.next().now_or_never() {
            Some(Some(delivery)) => deliveries.push(delivery),
            _ => break,
        }
    }
    deliveries
}

fn log_written(project: ProjectId, written: &Written) {
    let count = |outcome| {
        let outcomes = written.outcomes.iter().flatten();
        outcomes.filter(|each| **each == outcome).count()
    };
    tracing::debug!(
        %project,
        messages = written.outcomes.len(),
        stored = count(ItemOutcome::Stored),
        deduplicated = count(ItemOutcome::Deduplicated),
        redelivered = count(ItemOutcome::Redelivered),
        "a batch was written"
    );
}
