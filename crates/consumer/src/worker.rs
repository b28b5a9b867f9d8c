//! The loop that works off a queue: subscribes, polls, and subscribes again when something fails.

use std::{future::Future, time::Duration};

use empmix_alarm::Alarm;
use empmix_backoff::Backoff;
use empmix_broker::{Broker, BrokerError, Delivery, Queue, Subscription};
use empmix_store::StoreError;
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

/// The maximum number of unacked messages.
const PREFETCH: u16 = 32;
/// Bytes of messages from which no more are taken together: decoded they take several times as many.
const TOGETHER: usize = 8 << 20;

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
    /// Processes deliveries and acks them.
    async fn process(
        &self,
        deliveries: Vec<Delivery>,
        subscription: &mut dyn Subscription,
    ) -> Result<(), Interrupted>;
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
                Interrupted::Stopped => break,
                Interrupted::Fatal(error) => {
                    self.alarm.raise(error.to_string());
                    return Err(error);
                }
                Interrupted::Unavailable(reason) => {
                    tracing::warn!(reason, "the {} was interrupted; trying again", self.name);
                    let pause = tokio::time::sleep(backoff.next_delay());
                    unless_stopped(self.stop, pause).await;
                }
            }
        }
        guard.done();
        Ok(())
    }

    /// Runs one subscription until it ends. Deliveries that were processed reset the backoff.
    async fn subscription(&self, process: &impl Process, backoff: &mut Backoff) -> Interrupted {
        let subscribed = self.broker.subscribe(self.queue, PREFETCH);
        let mut subscription = match unless_stopped(self.stop, subscribed).await {
            None => return Interrupted::Stopped,
            Some(Err(error)) => return error.into(),
            Some(Ok(subscription)) => subscription,
        };
        loop {
            let first = match unless_stopped(self.stop, subscription.next()).await {
                None => return Interrupted::Stopped,
                Some(None) => return Interrupted::Unavailable("the subscription ended".into()),
                Some(Some(delivery)) => delivery,
            };
            let deliveries = poll_waiting(subscription.as_mut(), first);
            match process.process(deliveries, subscription.as_mut()).await {
                Ok(()) => backoff.reset(),
                Err(interrupted) => return interrupted,
            }
        }
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
    while deliveries.len() < usize::from(PREFETCH) && bytes < TOGETHER {
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
