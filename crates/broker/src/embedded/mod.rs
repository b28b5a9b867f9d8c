//! A durable queue in one SQLite file.
//!
//! # Constraints
//! `publish` returns only after the message would survive a power loss; what is published comes
//! out at least once, in order, until it is acked; a damaged record is never skipped in silence;
//! the file has a bound; a disk that fails once is not trusted again in this process.
//!
//! # Format
//! SQLite in WAL mode, `synchronous=FULL`, `secure_delete` on, `application_id` `EMQ1`,
//! `user_version` the number of steps in [`schema`], which `empmix-layout` runs. A newer version, another
//! program's file and a file that is not a database are refused with an explanation; an empty file
//! becomes an empty queue. Beside it lie SQLite's `-wal` and `-shm`, and `<file>.lock`, which the one process that has the queue
//! open holds locked.
//!
//! | table | content |
//! | --- | --- |
//! | `events`, `dead` | one row a message: `seq` (position, never used twice), `id` (16 bytes), `crc` (CRC-32 of queue, seq, id and body), `body` |
//! | `attempts` | `(queue, seq) -> n`: how often a message that is still here was delivered in vain; a table of its own, so that counting does not rewrite bodies |
//! | `queues` | one row a queue: `next_seq`, `handed_out` (the highest seq delivered since the file was opened), `messages` and `bytes` (so that opening counts nothing) |
//!
//! # Writing
//! One thread owns the writing connection. It takes whatever commands wait, up to 256 KiB of
//! bodies, and commits them in one transaction: one fsync for all requests that wait. It never
//! waits for more to come: while one commit runs, the next group gathers. Counters and `queues`
//! change in the same transaction. Replies go out after the commit. The WAL is checkpointed by
//! this thread, not by SQLite's hook, which would swallow a failing disk; when the queue has been
//! idle for a second the WAL is truncated and free pages are given back, so that acked bytes do
//! not linger.
//!
//! # Reading
//! Another thread owns a read-only connection and hands rows out in order of `seq`: a cursor per
//! queue lives in memory, what a dropped subscription returned goes first. A row whose CRC does
//! not match is moved from `events` to `dead` with its bytes (in `dead` it is handed out as it
//! is); both are logged. Before a batch is handed out its highest `seq` is committed as
//! `handed_out`, and the delivery counts of its redelivered rows are committed to `attempts`.
//!
//! # Recovery
//! SQLite replays its WAL. Then every row up to `handed_out` that is still there was delivered and
//! not acked: its count in `attempts` goes up by one and `handed_out` back to 0, in one
//! transaction. So a message that ends the process is seen again with a delivery count that grows
//! with each restart.
//!
//! # Failures
//! A full disk (`SQLITE_FULL`) rolls back: the waiting calls fail, later ones may succeed. Every
//! other failure of a write, a checkpoint or a read is final, since after a failed fsync nobody
//! knows what the disk holds: the waiting publishes get [`BrokerError::Storage`], the connection
//! closes, subscriptions end, [`Broker::state`] says [`STORAGE_FAILED`], and the process must exit
//! and be restarted.
//!
//! [`Broker::state`]: crate::Broker::state
//! [`BrokerError::Storage`]: crate::BrokerError::Storage

mod batch;
mod broker;
mod command;
mod disk;
mod ledger;
mod options;
mod reader;
mod record;
mod schema;
mod shared;
mod subscription;
mod writer;

pub use broker::EmbeddedBroker;
pub use options::{EmbeddedOptions, FreeSpace};
pub use shared::{CLOSED, DISK_LOW, QUEUE_FULL, STORAGE_FAILED};
