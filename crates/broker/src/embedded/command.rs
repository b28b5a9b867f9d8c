//! The commands of the writing and the reading thread.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::record::Record;
use crate::{BrokerError, Message, Queue};

/// The channel for the result of a command.
pub(super) type Reply<T> = oneshot::Sender<Result<T, BrokerError>>;

/// A row claimed for a subscription, and the number of its earlier deliveries.
#[derive(Debug)]
pub(super) struct ClaimedRow {
    pub(super) record: Record,
    pub(super) delivery_count: u32,
}

/// A delivered row that is not acked: its position, and its size that counts against the limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnackedRow {
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
        /// The message's share of the waiting bytes; released when the command is dropped.
        #[expect(dead_code, reason = "kept only to be dropped with the command")]
        permit: OwnedSemaphorePermit,
        reply: Reply<()>,
    },
    Ack {
        queue: Queue,
        rows: Vec<UnackedRow>,
        reply: Reply<()>,
    },
    MarkDelivered {
        queue: Queue,
        rows: Vec<ClaimedRow>,
        reply: Reply<Vec<ClaimedRow>>,
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
    /// Claims up to `limit` rows. The reply is empty if there are none.
    Fetch {
        queue: Queue,
        limit: usize,
        reply: Reply<Vec<ClaimedRow>>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}
