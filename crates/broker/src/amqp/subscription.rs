//! Subscriptions: a channel with one consumer per source queue.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::future::select_all;
use lapin::message::Delivery as Received;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Acker, Channel, Consumer};
use tokio::time::timeout;
use uuid::Uuid;

use super::error::translate;
use super::topology::{self, sources};
use crate::{AckToken, BrokerError, Delivery, Message, Queue, Subscription};

/// A subscription. The token of a delivery is its delivery tag on the channel.
#[derive(Debug)]
pub(super) struct AmqpSubscription {
    /// Dropping the channel closes it, and the server requeues the messages that are not acked.
    _channel: Channel,
    consumers: Vec<Consumer>,
    prefetch: usize,
    buffer: VecDeque<Received>,
    unacked: BTreeMap<u64, Acker>,
    ended: bool,
    request_timeout: Duration,
}

impl AmqpSubscription {
    /// Starts to consume on a new channel. Declares the topology first, in case it was deleted.
    pub(super) async fn start(
        channel: Channel,
        queue: Queue,
        prefetch: u16,
        request_timeout: Duration,
    ) -> Result<Self, BrokerError> {
        let prefetch = prefetch.max(1);
        let consuming = consume(&channel, queue, prefetch);
        let consumers = timeout(request_timeout, consuming)
            .await
            .map_err(|_| BrokerError::Deadline)?
            .map_err(|error| translate(&error))?;
        Ok(Self {
            _channel: channel,
            consumers,
            prefetch: usize::from(prefetch),
            buffer: VecDeque::new(),
            unacked: BTreeMap::new(),
            ended: false,
            request_timeout,
        })
    }

    /// Receives the next message. The server applies the prefetch limit to each source; the limit for
    /// all sources is applied here. Messages beyond it wait in the buffer, so that the end of a
    /// stream is always detected.
    async fn receive(&mut self) -> Option<Received> {
        loop {
            if self.unacked.len() < self.prefetch
                && let Some(received) = self.buffer.pop_front()
            {
                return Some(received);
            }
            let streams = self.consumers.iter_mut().map(StreamExt::next);
            let (first, _, _) = select_all(streams).await;
            self.buffer.push_back(first?.ok()?);
        }
    }
}

async fn consume(channel: &Channel, queue: Queue, prefetch: u16) -> lapin::Result<Vec<Consumer>> {
    topology::declare(channel).await?;
    channel
        .basic_qos(prefetch, BasicQosOptions::default())
        .await?;
    let mut consumers = Vec::new();
    for source in sources(queue) {
        let consumer = channel
            .basic_consume(
                (*source).into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        consumers.push(consumer);
    }
    Ok(consumers)
}

/// The number of earlier deliveries: the quorum queue's count, and at least 1 if the message is
/// marked as redelivered.
fn delivery_count(received: &Received) -> u32 {
    let headers = received.properties.headers().as_ref();
    let count = headers
        .and_then(|headers| headers.inner().get("x-delivery-count"))
        .map_or(0, whole_number);
    count.max(u32::from(received.redelivered))
}

fn whole_number(value: &AMQPValue) -> u32 {
    let number = match value {
        AMQPValue::ShortShortInt(n) => i64::from(*n),
        AMQPValue::ShortShortUInt(n) => i64::from(*n),
        AMQPValue::ShortInt(n) => i64::from(*n),
        AMQPValue::ShortUInt(n) => i64::from(*n),
        AMQPValue::LongInt(n) => i64::from(*n),
        AMQPValue::LongUInt(n) => i64::from(*n),
        AMQPValue::LongLongInt(n) => *n,
        _ => 0,
    };
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// The message's id. A message from another publisher may have none and gets the nil id.
fn message_id(received: &Received) -> Uuid {
    received
        .properties
        .message_id()
        .as_ref()
        .and_then(|id| Uuid::parse_str(id.as_str()).ok())
        .unwrap_or_default()
}

#[async_trait]
impl Subscription for AmqpSubscription {
    async fn next(&mut self) -> Option<Delivery> {
        if self.ended {
            return None;
        }
        let Some(received) = self.receive().await else {
            self.ended = true;
            return None;
        };
        let tag = received.delivery_tag;
        let delivery = Delivery {
            delivery_count: delivery_count(&received),
            message: Message {
                id: message_id(&received),
                body: Bytes::from(received.data),
            },
            token: AckToken(tag),
        };
        self.unacked.insert(tag, received.acker);
        Some(delivery)
    }

    async fn ack(&mut self, tokens: &[AckToken]) -> Result<(), BrokerError> {
        if tokens
            .iter()
            .any(|token| !self.unacked.contains_key(&token.0))
        {
            return Err(BrokerError::Ended);
        }
        for token in tokens {
            let Some(acker) = self.unacked.remove(&token.0) else {
                continue;
            };
            let acked = timeout(self.request_timeout, acker.ack(BasicAckOptions::default())).await;
            // The library returns `Ok(false)` if the channel is closed.
            if !matches!(acked, Ok(Ok(true))) {
                self.ended = true;
                return Err(BrokerError::Ended);
            }
        }
        Ok(())
    }
}
