//! Commits a group of commands in one transaction.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::command::{ClaimedRow, UnackedRow, Write};
use super::record::{Record, checksum, cost, queue_code, table};
use crate::{Message, Queue};

/// The durable counters of one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueCounters {
    pub(super) next_seq: u64,
    pub(super) handed_out: u64,
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// The durable counters of both queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) events: QueueCounters,
    pub(super) dead: QueueCounters,
}

impl Counters {
    /// Reads the counters from the file.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let counters = |queue| {
            connection.query_row(
                "SELECT next_seq, handed_out, messages, bytes FROM queues WHERE queue = ?1",
                [queue_code(queue)],
                |row| {
                    Ok(QueueCounters {
                        next_seq: row.get::<_, i64>(0)? as u64,
                        handed_out: row.get::<_, i64>(1)? as u64,
                        messages: row.get::<_, i64>(2)? as u64,
                        bytes: row.get::<_, i64>(3)? as u64,
                    })
                },
            )
        };
        Ok(Self {
            events: counters(Queue::Events)?,
            dead: counters(Queue::Dead)?,
        })
    }

    fn of(&mut self, queue: Queue) -> &mut QueueCounters {
        match queue {
            Queue::Events => &mut self.events,
            Queue::Dead => &mut self.dead,
        }
    }
}

/// The number of deliveries without an ack, per stored row that has any.
pub(super) fn load_attempts(
    connection: &Connection,
    queue: Queue,
) -> rusqlite::Result<HashMap<u64, u32>> {
    connection
        .prepare("SELECT seq, n FROM attempts WHERE queue = ?1")?
        .query_map([queue_code(queue)], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get(1)?))
        })?
        .collect()
}

/// Applies the commands in one transaction and returns the committed counters.
pub(super) fn commit(
    connection: &mut Connection,
    before: Counters,
    commands: &[Write],
) -> rusqlite::Result<Counters> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut counters = before;
    for command in commands {
        apply(&transaction, &mut counters, command)?;
    }
    for (queue, old, new) in [
        (Queue::Events, before.events, counters.events),
        (Queue::Dead, before.dead, counters.dead),
    ] {
        if old != new {
            store(&transaction, queue, new)?;
        }
    }
    transaction.commit()?;
    Ok(counters)
}

fn apply(
    transaction: &Transaction<'_>,
    counters: &mut Counters,
    command: &Write,
) -> rusqlite::Result<()> {
    match command {
        Write::Publish { queue, message, .. } => {
            insert(transaction, *queue, counters.of(*queue), message)
        }
        Write::Ack { queue, rows, .. } => rows
            .iter()
            .try_for_each(|row| delete(transaction, *queue, counters.of(*queue), *row)),
        Write::MarkDelivered { queue, rows, .. } => {
            mark_delivered(transaction, *queue, counters.of(*queue), rows)
        }
        Write::Park { record } => park(transaction, counters, record),
        Write::Close { .. } => Ok(()),
    }
}

fn insert(
    transaction: &Transaction<'_>,
    queue: Queue,
    counters: &mut QueueCounters,
    message: &Message,
) -> rusqlite::Result<()> {
    let seq = counters.next_seq;
    let id = message.id.as_bytes().as_slice();
    let body: &[u8] = &message.body;
    transaction
        .prepare_cached(match queue {
            Queue::Events => "INSERT INTO events (seq, id, crc, body) VALUES (?1, ?2, ?3, ?4)",
            Queue::Dead => "INSERT INTO dead (seq, id, crc, body) VALUES (?1, ?2, ?3, ?4)",
        })?
        .execute(params![
            seq as i64,
            id,
            checksum(queue, seq, id, body),
            body
        ])?;
    counters.next_seq += 1;
    counters.messages += 1;
    counters.bytes += cost(body.len());
    Ok(())
}

fn delete(
    transaction: &Transaction<'_>,
    queue: Queue,
    counters: &mut QueueCounters,
    row: UnackedRow,
) -> rusqlite::Result<()> {
    let deleted = transaction
        .prepare_cached(match queue {
            Queue::Events => "DELETE FROM events WHERE seq = ?1",
            Queue::Dead => "DELETE FROM dead WHERE seq = ?1",
        })?
        .execute([row.seq as i64])?;
    if deleted == 0 {
        tracing::error!(
            seq = row.seq,
            table = table(queue),
            "an acked row does not exist"
        );
        return Ok(());
    }
    counters.messages = counters.messages.saturating_sub(1);
    counters.bytes = counters.bytes.saturating_sub(row.cost);
    if row.counted {
        transaction
            .prepare_cached("DELETE FROM attempts WHERE queue = ?1 AND seq = ?2")?
            .execute(params![queue_code(queue), row.seq as i64])?;
    }
    Ok(())
}

fn mark_delivered(
    transaction: &Transaction<'_>,
    queue: Queue,
    counters: &mut QueueCounters,
    rows: &[ClaimedRow],
) -> rusqlite::Result<()> {
    for row in rows {
        counters.handed_out = counters.handed_out.max(row.record.seq);
        if row.delivery_count > 0 {
            transaction
                .prepare_cached(
                    "INSERT INTO attempts (queue, seq, n) VALUES (?1, ?2, ?3)
                     ON CONFLICT (queue, seq) DO UPDATE SET n = excluded.n",
                )?
                .execute(params![
                    queue_code(queue),
                    row.record.seq as i64,
                    row.delivery_count
                ])?;
        }
    }
    Ok(())
}

fn park(
    transaction: &Transaction<'_>,
    counters: &mut Counters,
    record: &Record,
) -> rusqlite::Result<()> {
    let row = UnackedRow {
        seq: record.seq,
        cost: cost(record.message.body.len()),
        counted: true,
    };
    delete(transaction, Queue::Events, &mut counters.events, row)?;
    insert(
        transaction,
        Queue::Dead,
        &mut counters.dead,
        &record.message,
    )
}

fn store(
    transaction: &Transaction<'_>,
    queue: Queue,
    counters: QueueCounters,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE queues SET next_seq = ?2, handed_out = ?3, messages = ?4, bytes = ?5
             WHERE queue = ?1",
        )?
        .execute(params![
            queue_code(queue),
            counters.next_seq as i64,
            counters.handed_out as i64,
            counters.messages as i64,
            counters.bytes as i64
        ])?;
    Ok(())
}
