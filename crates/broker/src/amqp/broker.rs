//! [`AmqpBroker`].

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::time::timeout;

use super::connection::{CLOSED, SupervisedConnection};
use super::error::translate;
use super::options::AmqpOptions;
use super::publisher::Publisher;
use super::subscription::AmqpSubscription;
use super::topology::{count, sources};
use super::uri::RedactedUri;
use crate::{Broker, BrokerError, BrokerState, Message, Queue, QueueDepth, Subscription};

/// The implementation on RabbitMQ; the module's documentation describes its design.
#[derive(Debug)]
pub struct AmqpBroker {
    publisher: Publisher,
    consuming: SupervisedConnection,
    options: AmqpOptions,
    closed: AtomicBool,
}

impl AmqpBroker {
    /// Parses the address and connects in the background. A lost connection is re-established;
    /// `state` returns the current state. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `Unavailable` if the text is not an AMQP address.
    pub fn connect(uri: &str, options: AmqpOptions) -> Result<Self, BrokerError> {
        let uri: RedactedUri = uri.parse()?;
        let publishing = SupervisedConnection::start(uri.clone(), options.clone(), "publish");
        let consuming = SupervisedConnection::start(uri, options.clone(), "consume");
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
        let request_timeout = self.options.confirm_deadline;
        // The two connections are established independently, and this one may be later.
        self.consuming.wait_until_usable().await;
        let (_, channel) = self.consuming.channel().await?;
        let subscription =
            AmqpSubscription::start(channel, queue, prefetch, request_timeout).await?;
        Ok(Box::new(subscription))
    }

    async fn depth(&self, queue: Queue) -> Result<QueueDepth, BrokerError> {
        self.ensure_open()?;
        self.consuming.wait_until_usable().await;
        let ready = timeout(self.options.confirm_deadline, self.count(queue))
            .await
            .map_err(|_| BrokerError::Deadline)??;
        Ok(QueueDepth { ready, unacked: 0 })
    }

    fn state(&self) -> BrokerState {
        match self.ensure_open() {
            Ok(()) => self.publisher.connection().state(),
            Err(_) => BrokerState::Unavailable(CLOSED.to_owned()),
        }
    }

    fn kind(&self) -> &'static str {
        "amqp"
    }

    fn durability(&self) -> &'static str {
        "a majority of the RabbitMQ queue's nodes wrote the events to disk"
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.publisher.close().await;
        self.consuming.close().await;
    }
}
