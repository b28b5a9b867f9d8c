//! The thread that owns the writing connection.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::batch::{self, Books};
use super::command::Write;
use super::disk::DiskWatch;
use super::record::cost;
use super::schema::Lock;
use super::shared::{DISK_LOW, Shared};
use crate::{BrokerError, Queue};

/// Most bytes of bodies in one transaction.
const GROUP_BYTES: u64 = 256 * 1024;
/// Most commands in one transaction.
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
    books: Books,
    commands: Receiver<Write>,
    shared: Arc<Shared>,
    disk: DiskWatch,
    wal_bytes: u64,
    wal_commits: u32,
    _lock: Lock,
}

/// Why the thread stops.
enum Stop {
    Close(Option<oneshot::Sender<()>>),
    Failed,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        books: Books,
        commands: Receiver<Write>,
        shared: Arc<Shared>,
        lock: Lock,
    ) -> Self {
        let mut disk = DiskWatch::new(shared.options.clone());
        shared.set_disk_low(disk.is_low(Instant::now(), shared.queued_bytes()));
        Self {
            connection,
            books,
            commands,
            shared,
            disk,
            wal_bytes: 0,
            wal_commits: 0,
            _lock: lock,
        }
    }

    /// Runs until the queue is closed, every handle is gone, or the storage fails.
    pub(super) fn run(mut self) {
        let stop = loop {
            match self.turn() {
                Ok(()) => {}
                Err(stop) => break stop,
            }
        };
        let reply = match stop {
            Stop::Close(reply) => {
                // A failure here is logged; nothing is lost by it, the WAL is read at the next open.
                let _ = self.tidy();
                reply
            }
            Stop::Failed => None,
        };
        drop(self);
        if let Some(reply) = reply {
            let _ = reply.send(());
        }
    }

    fn turn(&mut self) -> Result<(), Stop> {
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

    /// What waits, up to the bounds of one transaction.
    fn gather(&self, first: Write) -> (Vec<Write>, Option<oneshot::Sender<()>>) {
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Write::Close { reply } => return (group, Some(reply)),
                Write::Publish { ref message, .. } => bytes += cost(message.body.len()),
                Write::Ack { .. } | Write::HandOut { .. } | Write::Park { .. } => {}
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
            return Err(self.give_up(group));
        }
        match batch::commit(&mut self.connection, self.books, &group) {
            Ok(books) => {
                self.books = books;
                self.wal_commits += 1;
                settle_all(&self.shared, group, &mut self.wal_bytes);
                Ok(())
            }
            Err(error) if is_passing(&error) => {
                tracing::warn!(%error, "a queue transaction was rolled back");
                let answer = BrokerError::Unavailable(DISK_LOW.to_owned());
                undo_all(&self.shared, group, &answer);
                self.checkpoint(Checkpoint::Passive)
            }
            Err(error) => {
                self.shared.fail(&error.to_string());
                Err(self.give_up(group))
            }
        }
    }

    /// Answers a group that will never be committed.
    fn give_up(&self, group: Vec<Write>) -> Stop {
        undo_all(&self.shared, group, &self.shared.gone());
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
            self.tidy()
        } else {
            Ok(())
        }
    }

    /// Gives free pages back to the disk and empties the WAL, so that acked bytes do not linger.
    fn tidy(&mut self) -> Result<(), Stop> {
        let vacuumed = self
            .connection
            .execute_batch("PRAGMA incremental_vacuum(2048)");
        self.judge(vacuumed)?;
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
        // A long reader (a backup) only puts the checkpoint off.
        if matches!(blocked, Ok(false)) {
            self.wal_bytes = 0;
            self.wal_commits = 0;
        }
        self.judge(blocked.map(|_| ()))
    }

    /// A failure that is not about room is final.
    fn judge(&self, result: rusqlite::Result<()>) -> Result<(), Stop> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if is_passing(&error) => {
                tracing::warn!(%error, "the queue's file could not be tidied");
                Ok(())
            }
            Err(error) => {
                self.shared.fail(&error.to_string());
                Err(Stop::Failed)
            }
        }
    }
}

/// How much a checkpoint does.
#[derive(Debug, Clone, Copy)]
enum Checkpoint {
    /// What it can without waiting for anyone.
    Passive,
    /// All, and the WAL's length back to 0.
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

/// Whether later transactions may succeed all the same: no room on the disk, or another process
/// that looks at the file.
fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
    )
}

/// Counts and answers what was committed, and wakes the queues that got something.
fn settle_all(shared: &Shared, group: Vec<Write>, wal_bytes: &mut u64) {
    let mut grown = [false; 2];
    for command in group {
        match &command {
            Write::Publish { queue, message, .. } => {
                *wal_bytes += cost(message.body.len());
                grown[usize::from(*queue == Queue::Dead)] = true;
            }
            Write::Park { .. } => grown[1] = true,
            Write::Ack { .. } | Write::HandOut { .. } | Write::Close { .. } => {}
        }
        settle(shared, command);
    }
    for (queue, grown) in [Queue::Events, Queue::Dead].into_iter().zip(grown) {
        if grown {
            shared.queue(queue).wake();
        }
    }
}

fn settle(shared: &Shared, command: Write) {
    match command {
        Write::Publish { queue, reply, .. } => {
            shared.queue(queue).ledger().published(1);
            let _ = reply.send(Ok(()));
        }
        Write::Ack { queue, rows, reply } => {
            let queue = shared.queue(queue);
            queue.ledger().acked(rows.iter().map(|row| row.seq));
            queue.release(rows.iter().map(|row| row.cost).sum());
            let _ = reply.send(Ok(()));
        }
        Write::HandOut { queue, rows, reply } => {
            if let Err(Ok(rows)) = reply.send(Ok(rows)) {
                let rows = rows.iter().map(|row| row.record.seq);
                shared.queue(queue).give_back(rows, false);
            }
        }
        Write::Park { record } => {
            let moved = cost(record.message.body.len());
            shared.queue(Queue::Events).release(moved);
            shared.queue(Queue::Dead).take_in(moved);
            shared.queue(Queue::Dead).ledger().published(1);
        }
        Write::Close { reply } => {
            let _ = reply.send(());
        }
    }
}

/// Answers what was not committed.
fn undo_all(shared: &Shared, group: Vec<Write>, error: &BrokerError) {
    for command in group {
        undo(shared, command, error.clone());
    }
}

fn undo(shared: &Shared, command: Write, error: BrokerError) {
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
        Write::HandOut { queue, rows, reply } => {
            let rows = rows.iter().map(|row| row.record.seq);
            shared.queue(queue).give_back(rows, false);
            let _ = reply.send(Err(error));
        }
        Write::Park { record } => shared.queue(Queue::Events).ledger().put_back(record.seq),
        Write::Close { reply } => {
            let _ = reply.send(());
        }
    }
}
