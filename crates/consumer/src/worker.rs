//! The loop that works off a queue: subscribes, polls, and subscribes again when something fails.
//!
//! Some polls are processed at a time: while the store writes the deliveries of one, those of the next
//! are decoded. A poll with a delivery that may have ended the process is processed alone, so that no
//! other write is blamed on it, and it on no other.

use std::{future::Future, time::Duration};

use empmix_alarm::Alarm;
use empmix_backoff::Backoff;
use empmix_broker::{AckToken, Broker, BrokerError, Delivery, Message, Queue, Subscription};
use empmix_store::StoreError;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use crate::{batch::is_suspicious, park::publish_all};

/// The most polls that are processed at a time.
const POLLS: usize = 3;
/// The most messages of a poll.
const MESSAGES: u16 = 32;
/// Bytes of messages from which a poll takes no more: decoded they take several times as many.
const BYTES: usize = 4 << 20;
/// The most unacked messages.
const PREFETCH: u16 = MESSAGES * POLLS as u16;

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

/// The reason why a subscription ended.
pub(crate) enum Interrupted {
    /// It was stopped.
    Stopped,
    /// The broker or the store is unavailable; subscribe again.
    Unavailable(String),
    /// The process must restart.
    Fatal(ConsumerError),
}

/// What is done with deliveries.
pub(crate) trait Process {
    /// Processes deliveries; the worker settles them.
    async fn process(&self, deliveries: Vec<Delivery>) -> Result<Processed, Interrupted>;
}

/// The outcome of processing deliveries.
#[derive(Debug, Default)]
pub(crate) struct Processed {
    /// They are acked.
    pub(crate) done: Vec<AckToken>,
    /// They go to the end of their queue.
    pub(crate) waiting: Vec<Waiting>,
}

/// Messages that wait for something, and what acks them.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The messages.
    pub(crate) messages: Vec<Message>,
    /// Ack them where they are.
    pub(crate) tokens: Vec<AckToken>,
}

/// Works off a queue.
pub(crate) struct Worker<'a> {
    /// Its name, for people.
    pub(crate) name: &'static str,
    /// The queue.
    pub(crate) queue: Queue,
    /// Where the queue is.
    pub(crate) broker: &'a dyn Broker,
    /// Stops it once the deliveries at hand are processed.
    pub(crate) stop: &'a CancellationToken,
    /// Raised when it ends by itself.
    pub(crate) alarm: &'a Alarm,
}

impl Worker<'_> {
    /// Works until it is stopped. An error is final.
    pub(crate) async fn run(&self, process: &impl Process) -> Result<(), ConsumerError> {
        let guard = self.alarm.guard(self.name);
        let mut backoff = backoff();
        while !self.stop.is_cancelled() {
            guard.turn();
            match self.subscription(process, &mut backoff).await {
                Ok(()) | Err(Interrupted::Stopped) => break,
                Err(Interrupted::Fatal(error)) => {
                    self.alarm.raise(error.to_string());
                    return Err(error);
                }
                Err(Interrupted::Unavailable(reason)) => {
                    tracing::warn!(reason, "the {} was interrupted; trying again", self.name);
                    let pause = tokio::time::sleep(backoff.next_delay());
                    unless_stopped(self.stop, pause).await;
                }
            }
        }
        guard.done();
        Ok(())
    }

    /// Runs one subscription until it is stopped. Deliveries that were processed reset the backoff.
    async fn subscription(
        &self,
        process: &impl Process,
        backoff: &mut Backoff,
    ) -> Result<(), Interrupted> {
        let subscribed = self.broker.subscribe(self.queue, PREFETCH);
        let subscribed = unless_stopped(self.stop, subscribed).await;
        let mut subscription = subscribed.ok_or(Interrupted::Stopped)??;
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(processed) = running.next() => {
                    self.settle(processed?, subscription.as_mut()).await?;
                    backoff.reset();
                }
                () = self.stop.cancelled() => break,
                first = subscription.next(), if running.len() < POLLS => {
                    let ended = || Interrupted::Unavailable("the subscription ended".into());
                    let deliveries = poll_waiting(subscription.as_mut(), first.ok_or_else(ended)?);
                    let alone = deliveries.iter().any(is_suspicious);
                    if alone {
                        self.settle_all(&mut running, subscription.as_mut()).await?;
                    }
                    running.push(process.process(deliveries));
                    if alone {
                        self.settle_all(&mut running, subscription.as_mut()).await?;
                        backoff.reset();
                    }
                }
            }
        }
        self.settle_all(&mut running, subscription.as_mut()).await
    }

    /// Settles the polls that are processed, once they are.
    async fn settle_all(
        &self,
        running: &mut FuturesUnordered<impl Future<Output = Result<Processed, Interrupted>>>,
        subscription: &mut dyn Subscription,
    ) -> Result<(), Interrupted> {
        while let Some(processed) = running.next().await {
            self.settle(processed?, subscription).await?;
        }
        Ok(())
    }

    /// Acks what is done, and moves what waits.
    async fn settle(
        &self,
        processed: Processed,
        subscription: &mut dyn Subscription,
    ) -> Result<(), BrokerError> {
        subscription.ack(&processed.done).await?;
        // Last, and after the others are acked: it fails while the queue is full.
        for Waiting { messages, tokens } in processed.waiting {
            publish_all(self.broker, self.queue, messages).await?;
            subscription.ack(&tokens).await?;
        }
        Ok(())
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

/// Between two tries to subscribe, or to write.
pub(crate) fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_secs(5))
}

/// The first delivery and all others that are available without waiting.
fn poll_waiting(subscription: &mut dyn Subscription, first: Delivery) -> Vec<Delivery> {
    let mut bytes = first.message.body.len();
    let mut deliveries = vec![first];
    while deliveries.len() < usize::from(MESSAGES) && bytes < BYTES {
        match subscription.next().now_or_never() {
            Some(Some(delivery)) => {
                bytes += delivery.message.body.len();
                deliveries.push(delivery);
            }
            _ => break,
        }
    }
    deliveries
}
