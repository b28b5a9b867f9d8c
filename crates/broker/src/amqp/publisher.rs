//! Publishing: a pool of channels, one publish in flight on each.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::error::{is_not_found, translate};
use super::link::{CLOSED, Link};
use super::options::AmqpOptions;
use super::topology::route;
use crate::{BrokerError, Message, Queue};

/// How often a refused message is sent, and the pause between.
const TRIES: u32 = 3;
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// A channel in confirm mode, and the connection that it belongs to.
#[derive(Debug)]
struct Pooled {
    generation: u64,
    channel: Channel,
}

/// The publishing side.
#[derive(Debug)]
pub(super) struct Publisher {
    link: Link,
    slots: Semaphore,
    idle: Mutex<Vec<Pooled>>,
    options: AmqpOptions,
}

impl Publisher {
    pub(super) fn new(link: Link, options: AmqpOptions) -> Self {
        Self {
            link,
            slots: Semaphore::new(options.channels),
            idle: Mutex::default(),
            options,
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Publishes and waits for the confirm, at most until the deadline.
    pub(super) async fn publish(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        self.link.up()?;
        timeout(self.options.confirm_deadline, self.attempt(queue, message))
            .await
            .map_err(|_| BrokerError::Deadline)?
    }

    /// Waits for the publishes under way, and closes.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.options.channels).unwrap_or(u32::MAX);
        let _ = timeout(self.options.confirm_deadline, self.slots.acquire_many(all)).await;
        self.slots.close();
        self.link.close().await;
    }

    async fn attempt(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        let _slot = self.slot().await?;
        let pooled = self.take().await?;
        let sent = tokio::select! {
            sent = send_again(&pooled.channel, queue, &message) => sent,
            error = self.link.lost(pooled.generation) => return Err(error),
        };
        // Whatever is not a plain confirm costs the channel: dropping it closes it.
        match sent {
            Ok(Confirmation::Ack(None)) => {
                self.give_back(pooled);
                Ok(())
            }
            Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))) => {
                self.link.declare_again();
                Err(BrokerError::Unavailable("unroutable".to_owned()))
            }
            Ok(Confirmation::Nack(None)) => Err(BrokerError::Full),
            Ok(Confirmation::NotRequested) => Err(BrokerError::Unavailable(
                "the channel confirms nothing".to_owned(),
            )),
            Err(error) => {
                if is_not_found(&error) {
                    self.link.declare_again();
                }
                Err(translate(&error))
            }
        }
    }

    async fn slot(&self) -> Result<SemaphorePermit<'_>, BrokerError> {
        self.slots
            .acquire()
            .await
            .map_err(|_| BrokerError::Unavailable(CLOSED.to_owned()))
    }

    async fn take(&self) -> Result<Pooled, BrokerError> {
        let current = self.link.up()?.generation;
        while let Some(pooled) = self.pop() {
            if pooled.generation == current && pooled.channel.status().connected() {
                return Ok(pooled);
            }
        }
        let (generation, channel) = self.link.channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .map_err(|error| translate(&error))?;
        Ok(Pooled {
            generation,
            channel,
        })
    }

    fn pop(&self) -> Option<Pooled> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn give_back(&self, pooled: Pooled) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(pooled);
    }
}

/// Sends, and again when the server refuses. A refused message is not stored, so this makes no
/// copies. A quorum queue that has just begun refuses a channel's first message now and then; one
/// that is full goes on refusing.
async fn send_again(
    channel: &Channel,
    queue: Queue,
    message: &Message,
) -> lapin::Result<Confirmation> {
    for _ in 1..TRIES {
        let sent = send(channel, queue, message).await?;
        if sent != Confirmation::Nack(None) {
            return Ok(sent);
        }
        sleep(REFUSED_PAUSE).await;
    }
    send(channel, queue, message).await
}

async fn send(channel: &Channel, queue: Queue, message: &Message) -> lapin::Result<Confirmation> {
    let (exchange, key) = route(queue);
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(message.id.to_string().into());
    channel
        .basic_publish(
            exchange.into(),
            key.into(),
            options,
            &message.body,
            properties,
        )
        .await?
        .await
}
