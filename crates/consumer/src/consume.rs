//! The consumer: writes messages, parks refused items, acks.

use std::{future::Future, sync::Arc, time::Duration};

use empmix_alarm::Alarm;
use empmix_broker::{Broker, BrokerError, Delivery, Queue};
use empmix_model::{
    dead::{DeadReason, LetterId},
    envelope::Envelope,
    ids::ProjectId,
};
use empmix_store::{Batch, ItemOutcome, Sink, StoreError, Written};
use tokio_util::sync::CancellationToken;

use crate::{
    ConsumerError, SetAside,
    batch::{PolledDeliveries, ProjectBatch, Suspect},
    park::{letter_of_item, park},
    worker::{Interrupted, Process, Processed, Waiting, Worker, backoff, unless_stopped},
};

/// How long the store may be unavailable before the subscription is dropped.
const STORE_TIMEOUT: Duration = Duration::from_secs(20 * 60);
/// Failed tries of a batch after which its project is set aside, if the store takes others.
const TRIES: usize = 3;
/// The pause with a poll of nothing but messages of projects that are set aside.
const ROUND: Duration = Duration::from_secs(1);
/// Tries of an item that end the process, after which the item is parked.
const CRASHES: u32 = 3;

/// Moves messages from the broker to the store until it is stopped.
pub struct Consumer {
    /// The source of the messages.
    pub broker: Arc<dyn Broker>,
    /// The store to write to.
    pub store: Arc<dyn Sink>,
    /// Stops the consumer after the batches at hand are written and acked.
    pub stop: CancellationToken,
    /// The projects whose messages wait.
    pub set_aside: SetAside,
    /// Raised when it ends by itself.
    pub alarm: Alarm,
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
        let worker = Worker {
            name: "consumer",
            queue: Queue::Events,
            broker: self.broker.as_ref(),
            stop: &self.stop,
            alarm: &self.alarm,
        };
        worker.run(&self).await
    }
}

impl Process for Consumer {
    /// Writes the polled deliveries, and parks what the store never accepts.
    async fn process(&self, deliveries: Vec<Delivery>) -> Result<Processed, Interrupted> {
        let polled = PolledDeliveries::of(deliveries);
        let (letters, mut done) = polled.unreadable;
        park(self.broker.as_ref(), &letters).await?;
        let mut waiting = Vec::new();
        for suspect in polled.suspicious {
            if self.set_aside.wait(suspect.envelope.project).is_some() {
                waiting.push(Waiting {
                    messages: vec![suspect.message],
                    tokens: vec![suspect.token],
                });
                continue;
            }
            self.write_alone(&suspect).await?;
            done.push(suspect.token);
        }
        for mut batch in polled.batches {
            match self.write(&mut batch).await? {
                Outcome::SetAside => {
                    waiting.push(Waiting {
                        messages: batch.messages,
                        tokens: batch.tokens,
                    });
                    continue;
                }
                Outcome::Written(written) => {
                    let envelopes = batch.envelopes();
                    self.park_refused(envelopes, &written, &batch.attempts)
                        .await?;
                }
                Outcome::NoProject => self.park_all(batch.envelopes(), &batch.attempts).await?,
            }
            done.extend(batch.tokens);
        }
        if done.is_empty() {
            // Nothing but messages that wait: they would only go round.
            self.unless_stopped(tokio::time::sleep(ROUND)).await;
        }
        Ok(Processed { done, waiting })
    }
}

impl Consumer {
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
    async fn write_alone(&self, suspect: &Suspect) -> Result<(), Interrupted> {
        let (envelope, attempts) = (&suspect.envelope, suspect.attempts);
        let project = envelope.project;
        let message = LetterId::of_message(envelope.message_id);
        if self.begin_try(message).await? == 0 {
            // Most such messages are only unlucky: the process was ended by something else.
            return self.try_one(message, envelope.clone(), attempts).await;
        }
        for (index, item) in envelope.items.iter().enumerate() {
            let id = LetterId::of_item(project, item);
            if self.begin_try(id).await? >= CRASHES {
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

    /// Counts a try, and returns how many ended the process before it.
    async fn begin_try(&self, tried: LetterId) -> Result<u32, Interrupted> {
        match self.store.begin_try(tried).await {
            Ok(before) => Ok(before),
            Err(error) => Err(self.failed(error).await),
        }
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
        match ended {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(error).await),
        }
    }

    async fn write_one(&self, envelope: Envelope, attempts: u32) -> Result<(), Interrupted> {
        let project = envelope.project;
        let batch = Batch {
            project,
            envelopes: vec![envelope.clone()],
        };
        let (envelopes, attempts) = (std::iter::once(envelope), [attempts]);
        match self.store.write(batch).await {
            Ok(written) => self.park_refused(envelopes, &written, &attempts).await?,
            Err(StoreError::NotFound(_)) => self.park_all(envelopes, &attempts).await?,
            Err(error) => return Err(self.failed_alone(project, error).await),
        }
        Ok(())
    }

    /// A message was not accepted on its own. If the store takes others, its project is set aside: it is
    /// delivered again, and waits then.
    async fn failed_alone(&self, project: ProjectId, error: StoreError) -> Interrupted {
        let reason = error.to_string();
        let interrupted = self.failed(error).await;
        let takes_others = self.store.check().await.is_ok();
        if takes_others && matches!(interrupted, Interrupted::Unavailable(_)) {
            tracing::warn!(%project, reason, "the messages of a project are set aside");
            self.set_aside.open(project, reason);
        }
        interrupted
    }

    /// What a failure of the store means where nothing else can go on.
    async fn failed(&self, error: StoreError) -> Interrupted {
        match self.store.check().await {
            Err(StoreError::Storage(_)) => Interrupted::Fatal(ConsumerError::Store(error)),
            _ => Interrupted::Unavailable(error.to_string()),
        }
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

fn dead_reason(outcome: ItemOutcome) -> Option<DeadReason> {
    match outcome {
        ItemOutcome::Conflict => Some(DeadReason::IdConflict),
        ItemOutcome::Poison => Some(DeadReason::StoreRefused),
        ItemOutcome::Stored | ItemOutcome::Deduplicated | ItemOutcome::Redelivered => None,
    }
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
