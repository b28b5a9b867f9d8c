//! The thread that owns the writing connection.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use empmix_alarm::Guard;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::batch::{self, Counters};
use super::command::Write;
use super::disk::DiskWatch;
use super::record::cost;
use super::schema::FileLock;
use super::shared::{DISK_LOW, Shared};
use crate::{BrokerError, Queue};

/// The maximum size of the bodies in one transaction.
const GROUP_BYTES: u64 = 256 * 1024;
/// The maximum number of commands in one transaction.
const GROUP_COMMANDS: usize = 1024;
/// A checkpoint is due after this many bytes of bodies, or this many transactions.
const CHECKPOINT_BYTES: u64 = 8 << 20;
const CHECKPOINT_COMMITS: u32 = 1000;
/// The queue counts as idle after this long without a command.
const IDLE: Duration = Duration::from_secs(1);

/// The thread's state.
#[derive(Debug)]
pub(super) struct Writer {
    connection: Connection,
    counters: Counters,
    commands: Receiver<Write>,
    shared: Arc<Shared>,
    disk: DiskWatch,
    wal_bytes: u64,
    wal_commits: u32,
    _lock: FileLock,
}

/// Why the thread stops.
enum Stop {
    Close(Option<oneshot::Sender<()>>),
    Failed,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        counters: Counters,
        commands: Receiver<Write>,
        shared: Arc<Shared>,
        lock: FileLock,
    ) -> Self {
        let mut disk = DiskWatch::new(shared.options.clone());
        shared.set_disk_low(disk.is_low(Instant::now(), shared.queued_bytes()));
        Self {
            connection,
            counters,
            commands,
            shared,
            disk,
            wal_bytes: 0,
            wal_commits: 0,
            _lock: lock,
        }
    }

    /// Runs until the queue is closed, all handles are dropped, or the storage fails.
    pub(super) fn run(mut self, guard: &Guard) {
        let stop = loop {
            guard.turn();
            match self.run_once() {
                Ok(()) => {}
                Err(stop) => break stop,
            }
        };
        let reply = match stop {
            Stop::Close(reply) => {
                // A failure is logged. It loses no data, because the next open replays the WAL.
                let _ = self.compact();
                reply
            }
            Stop::Failed => None,
        };
        drop(self);
        if let Some(reply) = reply {
            let _ = reply.send(());
        }
    }

    fn run_once(&mut self) -> Result<(), Stop> {
        self.watch_disk();
        let first = match self.commands.recv_timeout(IDLE) {
            Ok(command) => command,
            Err(RecvTimeoutError::Timeout) => return self.idle(),
            Err(RecvTimeoutError::Disconnected) => return Err(Stop::Close(None)),
        };
        let (group, close) = self.gather(first);
        self.commit(group)?;
        self.checkpoint_if_due()?;
        match close {
            Some(reply) => Err(Stop::Close(Some(reply))),
            None => Ok(()),
        }
    }

    /// Takes the waiting commands, up to the limits of one transaction.
    fn gather(&self, first: Write) -> (Vec<Write>, Option<oneshot::Sender<()>>) {
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Write::Close { reply } => return (group, Some(reply)),
                Write::Publish { ref message, .. } => bytes += cost(message.body.len()),
                Write::Ack { .. } | Write::MarkDelivered { .. } | Write::Park { .. } => {}
            }
            group.push(command);
            let room = bytes < GROUP_BYTES && group.len() < GROUP_COMMANDS;
            next = room.then(|| self.commands.try_recv().ok()).flatten();
        }
        (group, None)
    }

    fn commit(&mut self, group: Vec<Write>) -> Result<(), Stop> {
        if group.is_empty() {
            return Ok(());
        }
        if self.shared.has_failed() {
            return Err(self.fail_group(group));
        }
        match batch::commit(&mut self.connection, self.counters, &group) {
            Ok(counters) => {
                self.counters = counters;
                self.wal_commits += 1;
                complete_all(&self.shared, group, &mut self.wal_bytes);
                Ok(())
            }
            Err(error) if is_temporary(&error) => {
                tracing::warn!(%error, "a transaction of the queue was rolled back; its calls fail");
                let answer = BrokerError::Unavailable(DISK_LOW.to_owned());
                abort_all(&self.shared, group, &answer);
                self.checkpoint(Checkpoint::Passive)
            }
            Err(error) => {
                self.shared.fail(&error.to_string());
                Err(self.fail_group(group))
            }
        }
    }

    /// Replies to a group that cannot be committed.
    fn fail_group(&self, group: Vec<Write>) -> Stop {
        abort_all(&self.shared, group, &self.shared.closed_error());
        Stop::Failed
    }

    fn watch_disk(&mut self) {
        let low = self.disk.is_low(Instant::now(), self.shared.queued_bytes());
        self.shared.set_disk_low(low);
    }

    fn idle(&mut self) -> Result<(), Stop> {
        if self.shared.has_failed() {
            return Err(Stop::Failed);
        }
        if self.wal_commits > 0 {
            self.compact()
        } else {
            Ok(())
        }
    }

    /// Frees unused pages and truncates the WAL, so that acked bytes do not remain on disk.
    fn compact(&mut self) -> Result<(), Stop> {
        let vacuumed = self
            .connection
            .execute_batch("PRAGMA incremental_vacuum(2048)");
        self.check_maintenance(vacuumed)?;
        self.checkpoint(Checkpoint::Truncate)
    }

    fn checkpoint_if_due(&mut self) -> Result<(), Stop> {
        if self.wal_bytes < CHECKPOINT_BYTES && self.wal_commits < CHECKPOINT_COMMITS {
            return Ok(());
        }
        self.checkpoint(Checkpoint::Passive)
    }

    fn checkpoint(&mut self, kind: Checkpoint) -> Result<(), Stop> {
        let blocked = self
            .connection
            .query_row(kind.statement(), [], |row| row.get::<_, bool>(0));
        // A long read (such as a backup) only delays the checkpoint.
        if matches!(blocked, Ok(false)) {
            self.wal_bytes = 0;
            self.wal_commits = 0;
        }
        self.check_maintenance(blocked.map(|_| ()))
    }

    /// Checks the result of maintenance. A failure is final unless it is temporary.
    fn check_maintenance(&self, result: rusqlite::Result<()>) -> Result<(), Stop> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if is_temporary(&error) => {
                tracing::warn!(%error, "maintenance of the queue's file failed; it will be tried again");
                Ok(())
            }
            Err(error) => {
                self.shared.fail(&error.to_string());
                Err(Stop::Failed)
            }
        }
    }
}

/// The mode of a checkpoint.
#[derive(Debug, Clone, Copy)]
enum Checkpoint {
    /// Copies as much as possible without waiting.
    Passive,
    /// Copies everything and truncates the WAL.
    Truncate,
}

impl Checkpoint {
    fn statement(self) -> &'static str {
        match self {
            Self::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Self::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        }
    }
}

/// Whether later transactions may succeed: the disk is full, or another process uses the file.
fn is_temporary(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
    )
}

/// Replies to the committed commands, updates the counters, and wakes queues with new messages.
fn complete_all(shared: &Shared, group: Vec<Write>, wal_bytes: &mut u64) {
    let mut grown = [false; 2];
    for command in group {
        match &command {
            Write::Publish { queue, message, .. } => {
                *wal_bytes += cost(message.body.len());
                grown[usize::from(*queue == Queue::Dead)] = true;
            }
            Write::Park { .. } => grown[1] = true,
            Write::Ack { .. } | Write::MarkDelivered { .. } | Write::Close { .. } => {}
        }
        complete(shared, command);
    }
    for (queue, grown) in [Queue::Events, Queue::Dead].into_iter().zip(grown) {
        if grown {
            shared.queue(queue).wake();
        }
    }
}

fn complete(shared: &Shared, command: Write) {
    match command {
        Write::Publish { queue, reply, .. } => {
            shared.queue(queue).deliveries().published(1);
            let _ = reply.send(Ok(()));
        }
        Write::Ack { queue, rows, reply } => {
            let queue = shared.queue(queue);
            queue.deliveries().acked(rows.iter().map(|row| row.seq));
            queue.release(rows.iter().map(|row| row.cost).sum());
            let _ = reply.send(Ok(()));
        }
        Write::MarkDelivered { queue, rows, reply } => {
            if let Err(Ok(rows)) = reply.send(Ok(rows)) {
                let rows = rows.iter().map(|row| row.record.seq);
                shared.queue(queue).give_back(rows, false);
            }
        }
        Write::Park { record } => {
            let moved = cost(record.message.body.len());
            shared.queue(Queue::Events).release(moved);
            shared.queue(Queue::Dead).take_in(moved);
            shared.queue(Queue::Dead).deliveries().published(1);
        }
        Write::Close { reply } => {
            let _ = reply.send(());
        }
    }
}

/// Reverts the reservations of commands that were not committed, and replies with the error.
fn abort_all(shared: &Shared, group: Vec<Write>, error: &BrokerError) {
    for command in group {
        abort(shared, command, error.clone());
    }
}

fn abort(shared: &Shared, command: Write, error: BrokerError) {
    match command {
        Write::Publish {
            queue,
            message,
            reply,
            ..
        } => {
            shared.queue(queue).release(cost(message.body.len()));
            let _ = reply.send(Err(error));
        }
        Write::Ack { queue, rows, reply } => {
            let rows = rows.iter().map(|row| row.seq);
            shared.queue(queue).give_back(rows, true);
            let _ = reply.send(Err(error));
        }
        Write::MarkDelivered { queue, rows, reply } => {
            let rows = rows.iter().map(|row| row.record.seq);
            shared.queue(queue).give_back(rows, false);
            let _ = reply.send(Err(error));
        }
        Write::Park { record } => shared
            .queue(Queue::Events)
            .deliveries()
            .put_back(record.seq),
        Write::Close { reply } => {
            let _ = reply.send(());
        }
    }
}
