//! The handle: [`AmqpBroker`].

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::time::timeout;

use super::error::translate;
use super::link::{CLOSED, Link};
use super::options::AmqpOptions;
use super::publisher::Publisher;
use super::subscription::AmqpSubscription;
use super::topology::{count, sources};
use super::uri::RedactedUri;
use crate::{Broker, BrokerError, BrokerState, Depth, Message, Queue, Subscription};

/// RabbitMQ behind the trait; how it is used is in the module's documentation.
#[derive(Debug)]
pub struct AmqpBroker {
    publisher: Publisher,
    consuming: Link,
    options: AmqpOptions,
    closed: AtomicBool,
}

impl AmqpBroker {
    /// Takes the address and connects in the background, now and whenever a connection is lost;
    /// `state` says how it goes. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `Unavailable` when the text is no AMQP address.
    pub fn connect(uri: &str, options: AmqpOptions) -> Result<Self, BrokerError> {
        let uri: RedactedUri = uri.parse()?;
        let publishing = Link::begin(uri.clone(), options.clone(), "publish");
        let consuming = Link::begin(uri, options.clone(), "consume");
        Ok(Self {
            publisher: Publisher::new(publishing, options.clone()),
            consuming,
            options,
            closed: AtomicBool::new(false),
        })
    }

    fn ensure_open(&self) -> Result<(), BrokerError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(BrokerError::Unavailable(CLOSED.to_owned()));
        }
        Ok(())
    }

    async fn count(&self, queue: Queue) -> Result<u64, BrokerError> {
        let (_, channel) = self.consuming.channel().await?;
        let mut total = 0;
        for source in sources(queue) {
            total += count(&channel, source)
                .await
                .map_err(|error| translate(&error))?;
        }
        Ok(total)
    }
}

#[async_trait]
impl Broker for AmqpBroker {
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        self.ensure_open()?;
        self.publisher.publish(queue, message).await
    }

    async fn subscribe(
        &self,
        queue: Queue,
        prefetch: u16,
    ) -> Result<Box<dyn Subscription>, BrokerError> {
        self.ensure_open()?;
        let patience = self.options.confirm_deadline;
        // The two connections come up one after the other.
        self.consuming.settled().await;
        let (_, channel) = self.consuming.channel().await?;
        let subscription = AmqpSubscription::begin(channel, queue, prefetch, patience).await?;
        Ok(Box::new(subscription))
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.ensure_open()?;
        self.consuming.settled().await;
        let ready = timeout(self.options.confirm_deadline, self.count(queue))
            .await
            .map_err(|_| BrokerError::Deadline)??;
        Ok(Depth { ready, unacked: 0 })
    }

    fn state(&self) -> BrokerState {
        match self.ensure_open() {
            Ok(()) => self.publisher.link().state(),
            Err(_) => BrokerState::Unavailable(CLOSED.to_owned()),
        }
    }

    fn kind(&self) -> &'static str {
        "amqp"
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.publisher.close().await;
        self.consuming.close().await;
    }
}
