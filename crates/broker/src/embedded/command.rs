//! What the writing and the reading thread are asked to do.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::record::Record;
use crate::{BrokerError, Message, Queue};

/// What a call waits for.
pub(super) type Reply<T> = oneshot::Sender<Result<T, BrokerError>>;

/// A row, with how often it was delivered before.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) record: Record,
    pub(super) delivery_count: u32,
}

/// A row that was handed out: its position and what it counts for against the bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) seq: u64,
    pub(super) cost: u64,
    /// Whether `attempts` has a row for it.
    pub(super) counted: bool,
}

/// A command to the writing thread.
#[derive(Debug)]
pub(super) enum Write {
    Publish {
        queue: Queue,
        message: Message,
        /// The message's share of the bytes that may wait; given back with the command.
        #[expect(dead_code, reason = "held, not read")]
        permit: OwnedSemaphorePermit,
        reply: Reply<()>,
    },
    Ack {
        queue: Queue,
        rows: Vec<Held>,
        reply: Reply<()>,
    },
    HandOut {
        queue: Queue,
        rows: Vec<Claimed>,
        reply: Reply<Vec<Claimed>>,
    },
    /// Moves a damaged row from `events` to `dead`.
    Park {
        record: Record,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// A command to the reading thread.
#[derive(Debug)]
pub(super) enum Read {
    /// Hands out up to `limit` rows; an empty reply when there is none.
    Fetch {
        queue: Queue,
        limit: usize,
        reply: Reply<Vec<Claimed>>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}
