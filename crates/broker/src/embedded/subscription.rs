//! Subscriptions.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};

use super::broker::QueueHandle;
use super::command::{ClaimedRow, Read, UnackedRow, Write};
use super::record::cost;
use crate::{AckToken, BrokerError, Delivery, Queue, Subscription};

/// The maximum number of rows in one request.
const FETCH_ROWS: usize = 64;

type Pending = oneshot::Receiver<Result<Vec<ClaimedRow>, BrokerError>>;

/// A subscription. The token of a delivery is its `seq`.
#[derive(Debug)]
pub(super) struct EmbeddedSubscription {
    handle: Arc<QueueHandle>,
    queue: Queue,
    prefetch: usize,
    changes: watch::Receiver<u64>,
    /// The request in progress. It is kept here so that dropping the future of `next` loses no rows.
    pending: Option<Pending>,
    buffer: VecDeque<ClaimedRow>,
    unacked: BTreeMap<u64, UnackedRow>,
    ended: bool,
}

impl EmbeddedSubscription {
    pub(super) fn new(handle: Arc<QueueHandle>, queue: Queue, prefetch: u16) -> Self {
        let changes = handle.shared.queue(queue).changes();
        Self {
            handle,
            queue,
            prefetch: usize::from(prefetch.max(1)),
            changes,
            pending: None,
            buffer: VecDeque::new(),
            unacked: BTreeMap::new(),
            ended: false,
        }
    }

    fn deliver(&mut self, row: ClaimedRow) -> Delivery {
        let seq = row.record.seq;
        let unacked = UnackedRow {
            seq,
            cost: cost(row.record.message.body.len()),
            counted: row.delivery_count > 0,
        };
        self.unacked.insert(seq, unacked);
        Delivery {
            message: row.record.message,
            delivery_count: row.delivery_count,
            token: AckToken(seq),
        }
    }

    /// Fills the buffer; `None` if the queue is closed or has failed.
    async fn refill(&mut self) -> Option<()> {
        while self.buffer.is_empty() {
            self.handle.shared.ensure_open().ok()?;
            let room = self.prefetch - self.unacked.len();
            if room == 0 {
                self.changes.changed().await.ok()?;
                continue;
            }
            if self.pending.is_none() {
                self.changes.mark_unchanged();
                self.pending = Some(self.request_rows(room.min(FETCH_ROWS))?);
            }
            let reply = self.pending.as_mut()?.await;
            self.pending = None;
            let rows = reply.ok()?.ok()?;
            if rows.is_empty() {
                self.changes.changed().await.ok()?;
            }
            self.buffer.extend(rows);
        }
        Some(())
    }

    fn request_rows(&self, limit: usize) -> Option<Pending> {
        let (reply, pending) = oneshot::channel();
        let command = Read::Fetch {
            queue: self.queue,
            limit,
            reply,
        };
        self.handle.reads.send(command).ok()?;
        Some(pending)
    }
}

#[async_trait]
impl Subscription for EmbeddedSubscription {
    async fn next(&mut self) -> Option<Delivery> {
        if self.ended || self.refill().await.is_none() {
            self.ended = true;
            return None;
        }
        let row = self.buffer.pop_front()?;
        Some(self.deliver(row))
    }

    async fn ack(&mut self, tokens: &[AckToken]) -> Result<(), BrokerError> {
        if tokens
            .iter()
            .any(|token| !self.unacked.contains_key(&token.0))
        {
            return Err(BrokerError::Ended);
        }
        let rows: Vec<UnackedRow> = tokens
            .iter()
            .filter_map(|token| self.unacked.remove(&token.0))
            .collect();
        let (reply, done) = oneshot::channel();
        let command = Write::Ack {
            queue: self.queue,
            rows,
            reply,
        };
        let closed_error = || self.handle.shared.closed_error();
        self.handle
            .writes
            .send(command)
            .map_err(|_| closed_error())?;
        done.await.map_err(|_| closed_error())?
    }
}

impl Drop for EmbeddedSubscription {
    fn drop(&mut self) {
        let queue = self.handle.shared.queue(self.queue);
        if let Some(mut pending) = self.pending.take() {
            // After this the writing thread returns the rows to the queue itself.
            pending.close();
            if let Ok(Ok(rows)) = pending.try_recv() {
                self.buffer.extend(rows);
            }
        }
        let unseen = self.buffer.iter().map(|row| row.record.seq);
        queue.deliveries().give_back(unseen, false);
        queue.give_back(self.unacked.keys().copied(), true);
    }
}
