//! The thread that owns the reading connection.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use empmix_alarm::Guard;
use rusqlite::{Connection, OptionalExtension};

use super::command::{ClaimedRow, Read, Reply, Write};
use super::record::{self, Record, cost};
use super::shared::Shared;
use crate::Queue;

/// The maximum size of the bodies in one batch.
const FETCH_BYTES: u64 = 4 << 20;

/// The thread's state.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    commands: Receiver<Read>,
    writes: Sender<Write>,
    shared: Arc<Shared>,
}

impl Reader {
    pub(super) fn new(
        connection: Connection,
        commands: Receiver<Read>,
        writes: Sender<Write>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            connection,
            commands,
            writes,
            shared,
        }
    }

    /// Runs until the queue is closed, all handles are dropped, or a read fails.
    pub(super) fn run(self, guard: &Guard) {
        while let Ok(command) = self.commands.recv() {
            guard.turn();
            match command {
                Read::Fetch {
                    queue,
                    limit,
                    reply,
                } => {
                    if let Err(error) = self.fetch(queue, limit, reply) {
                        self.shared.fail(&error.to_string());
                        return;
                    }
                }
                Read::Close { reply } => {
                    drop(self);
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    fn fetch(
        &self,
        queue: Queue,
        limit: usize,
        reply: Reply<Vec<ClaimedRow>>,
    ) -> rusqlite::Result<()> {
        let records = self.read(queue, limit)?;
        let rows = self.claim(queue, records);
        if rows.is_empty() {
            let _ = reply.send(Ok(rows));
            return Ok(());
        }
        let command = Write::MarkDelivered { queue, rows, reply };
        // If the writing thread has ended, the reply is dropped with the command.
        let _ = self.writes.send(command);
        Ok(())
    }

    fn read(&self, queue: Queue, limit: usize) -> rusqlite::Result<Vec<Record>> {
        let (returned, cursor) = {
            let mut deliveries = self.shared.queue(queue).deliveries();
            (deliveries.take_returned(limit), deliveries.cursor())
        };
        let mut records = Vec::new();
        for seq in returned {
            records.extend(self.read_one(queue, seq)?);
        }
        self.read_on(queue, cursor, limit - records.len(), &mut records)?;
        Ok(records)
    }

    fn read_one(&self, queue: Queue, seq: u64) -> rusqlite::Result<Option<Record>> {
        self.connection
            .prepare_cached(match queue {
                Queue::Events => "SELECT seq, id, crc, body FROM events WHERE seq = ?1",
                Queue::Dead => "SELECT seq, id, crc, body FROM dead WHERE seq = ?1",
            })?
            .query_row([seq as i64], |row| record::read(queue, row))
            .optional()
    }

    fn read_on(
        &self,
        queue: Queue,
        cursor: u64,
        limit: usize,
        records: &mut Vec<Record>,
    ) -> rusqlite::Result<()> {
        let mut bytes: u64 = records.iter().map(|r| cost(r.message.body.len())).sum();
        let mut statement = self.connection.prepare_cached(match queue {
            Queue::Events => {
                "SELECT seq, id, crc, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"
            }
            Queue::Dead => {
                "SELECT seq, id, crc, body FROM dead WHERE seq > ?1 ORDER BY seq LIMIT ?2"
            }
        })?;
        let mut rows = statement.query([cursor as i64, limit as i64])?;
        while bytes < FETCH_BYTES
            && let Some(row) = rows.next()?
        {
            let record = record::read(queue, row)?;
            bytes += cost(record.message.body.len());
            records.push(record);
        }
        Ok(())
    }

    /// Claims intact rows, and parks damaged ones.
    fn claim(&self, queue: Queue, records: Vec<Record>) -> Vec<ClaimedRow> {
        let mut deliveries = self.shared.queue(queue).deliveries();
        let mut claimed = Vec::with_capacity(records.len());
        for record in records {
            if !record.intact {
                tracing::error!(
                    seq = record.seq,
                    table = record::table(queue),
                    "a queued message is damaged; its bytes are moved to the dead letters"
                );
                if queue == Queue::Events {
                    deliveries.set_aside(record.seq);
                    let _ = self.writes.send(Write::Park { record });
                    continue;
                }
            }
            let delivery_count = deliveries.claim(record.seq);
            claimed.push(ClaimedRow {
                record,
                delivery_count,
            });
        }
        claimed
    }
}
