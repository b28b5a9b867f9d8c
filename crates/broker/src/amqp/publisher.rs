//! Publishing with a pool of channels and one publish in flight per channel.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::connection::{CLOSED, SupervisedConnection};
use super::error::{is_not_found, translate};
use super::options::AmqpOptions;
use super::topology::route;
use crate::{BrokerError, Message, Queue};

/// How often a refused message is sent, and the delay between two attempts.
const MAX_ATTEMPTS: u32 = 3;
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// A channel in confirm mode, and the connection that it belongs to.
#[derive(Debug)]
struct PooledChannel {
    generation: u64,
    channel: Channel,
}

/// Publishes messages on a pool of channels.
#[derive(Debug)]
pub(super) struct Publisher {
    connection: SupervisedConnection,
    slots: Semaphore,
    idle: Mutex<Vec<PooledChannel>>,
    options: AmqpOptions,
}

impl Publisher {
    pub(super) fn new(connection: SupervisedConnection, options: AmqpOptions) -> Self {
        Self {
            connection,
            slots: Semaphore::new(options.channels),
            idle: Mutex::default(),
            options,
        }
    }

    pub(super) fn connection(&self) -> &SupervisedConnection {
        &self.connection
    }

    /// Publishes and waits for the confirm until the deadline.
    pub(super) async fn publish(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        self.connection.active()?;
        timeout(self.options.confirm_deadline, self.attempt(queue, message))
            .await
            .map_err(|_| BrokerError::Deadline)?
    }

    /// Waits for the publishes in flight, then closes the connection.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.options.channels).unwrap_or(u32::MAX);
        let _ = timeout(self.options.confirm_deadline, self.slots.acquire_many(all)).await;
        self.slots.close();
        self.connection.close().await;
    }

    async fn attempt(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        let _slot = self.slot().await?;
        let pooled = self.take().await?;
        let sent = tokio::select! {
            sent = send_with_retries(&pooled.channel, queue, &message) => sent,
            error = self.connection.wait_until_lost(pooled.generation) => return Err(error),
        };
        // After any other outcome than a confirm the channel is dropped, which closes it.
        match sent {
            Ok(Confirmation::Ack(None)) => {
                self.give_back(pooled);
                Ok(())
            }
            Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))) => {
                self.connection.request_declaration();
                Err(BrokerError::Unavailable("unroutable".to_owned()))
            }
            Ok(Confirmation::Nack(None)) => Err(BrokerError::Full),
            Ok(Confirmation::NotRequested) => Err(BrokerError::Unavailable(
                "the channel is not in confirm mode".to_owned(),
            )),
            Err(error) => {
                if is_not_found(&error) {
                    self.connection.request_declaration();
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

    async fn take(&self) -> Result<PooledChannel, BrokerError> {
        let current = self.connection.active()?.generation;
        while let Some(pooled) = self.pop() {
            if pooled.generation == current && pooled.channel.status().connected() {
                return Ok(pooled);
            }
        }
        let (generation, channel) = self.connection.channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .map_err(|error| translate(&error))?;
        Ok(PooledChannel {
            generation,
            channel,
        })
    }

    fn pop(&self) -> Option<PooledChannel> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn give_back(&self, pooled: PooledChannel) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(pooled);
    }
}

/// Sends a message, and sends it again if the server refuses it. The server does not store a refused
/// message, so this creates no duplicates. A new quorum queue sometimes refuses the first message of
/// a channel; a full queue keeps refusing.
async fn send_with_retries(
    channel: &Channel,
    queue: Queue,
    message: &Message,
) -> lapin::Result<Confirmation> {
    for _ in 1..MAX_ATTEMPTS {
        let sent = send(channel, queue, message).await?;
        if sent != Confirmation::Nack(None) {
            return Ok(sent);
        }
        sleep(RETRY_DELAY).await;
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
