//! A reader of one queue.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};

use super::broker::Handle;
use super::command::{Claimed, Held, Read, Write};
use super::record::cost;
use crate::{AckToken, BrokerError, Delivery, Queue, Subscription};

/// Most rows asked for at once.
const FETCH_ROWS: usize = 64;

type Pending = oneshot::Receiver<Result<Vec<Claimed>, BrokerError>>;

/// A subscription; the token of a delivery is its `seq`.
#[derive(Debug)]
pub(super) struct EmbeddedSubscription {
    handle: Arc<Handle>,
    queue: Queue,
    prefetch: usize,
    changes: watch::Receiver<u64>,
    /// A fetch under way; kept here so that dropping the future of `next` loses nothing.
    pending: Option<Pending>,
    buffer: VecDeque<Claimed>,
    held: BTreeMap<u64, Held>,
    ended: bool,
}

impl EmbeddedSubscription {
    pub(super) fn new(handle: Arc<Handle>, queue: Queue, prefetch: u16) -> Self {
        let changes = handle.shared.queue(queue).changes();
        Self {
            handle,
            queue,
            prefetch: usize::from(prefetch.max(1)),
            changes,
            pending: None,
            buffer: VecDeque::new(),
            held: BTreeMap::new(),
            ended: false,
        }
    }

    fn hand_over(&mut self, row: Claimed) -> Delivery {
        let seq = row.record.seq;
        let held = Held {
            seq,
            cost: cost(row.record.message.body.len()),
            counted: row.delivery_count > 0,
        };
        self.held.insert(seq, held);
        Delivery {
            message: row.record.message,
            delivery_count: row.delivery_count,
            token: AckToken(seq),
        }
    }

    /// Fills the buffer; `None` once the queue is closed or has failed.
    async fn refill(&mut self) -> Option<()> {
        while self.buffer.is_empty() {
            self.handle.shared.ensure_open().ok()?;
            let room = self.prefetch - self.held.len();
            if room == 0 {
                self.changes.changed().await.ok()?;
                continue;
            }
            if self.pending.is_none() {
                self.changes.mark_unchanged();
                self.pending = Some(self.ask(room.min(FETCH_ROWS))?);
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

    fn ask(&self, limit: usize) -> Option<Pending> {
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
        Some(self.hand_over(row))
    }

    async fn ack(&mut self, tokens: &[AckToken]) -> Result<(), BrokerError> {
        if tokens.iter().any(|token| !self.held.contains_key(&token.0)) {
            return Err(BrokerError::Ended);
        }
        let rows: Vec<Held> = tokens
            .iter()
            .filter_map(|token| self.held.remove(&token.0))
            .collect();
        let (reply, done) = oneshot::channel();
        let command = Write::Ack {
            queue: self.queue,
            rows,
            reply,
        };
        let gone = || self.handle.shared.gone();
        self.handle.writes.send(command).map_err(|_| gone())?;
        done.await.map_err(|_| gone())?
    }
}

impl Drop for EmbeddedSubscription {
    fn drop(&mut self) {
        let queue = self.handle.shared.queue(self.queue);
        if let Some(mut pending) = self.pending.take() {
            // From here on the writing thread gives the rows back itself.
            pending.close();
            if let Ok(Ok(rows)) = pending.try_recv() {
                self.buffer.extend(rows);
            }
        }
        let unseen = self.buffer.iter().map(|row| row.record.seq);
        queue.ledger().give_back(unseen, false);
        queue.give_back(self.held.keys().copied(), true);
    }
}
