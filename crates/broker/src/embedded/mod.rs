//! A durable queue in one SQLite file.
//!
//! # Constraints
//! * `publish` returns only after the message would survive a power loss.
//! * Published messages are delivered at least once, in order, until they are acked.
//! * A damaged record is never skipped silently.
//! * The size of the file is limited.
//! * After one failure of the disk this process does not use it again.
//!
//! # Format
//! SQLite in WAL mode, `synchronous=FULL`, `secure_delete` on, `application_id` `EMQ1`,
//! `user_version` the number of steps in [`schema`], which `empmix-layout` runs. A newer version, another
//! program's file and a file that is not a database are refused with an explanation; an empty file
//! becomes an empty queue. Beside it are SQLite's `-wal` and `-shm`, and `<file>.lock`, which the
//! process that has the queue open keeps locked.
//!
//! | table | content |
//! | --- | --- |
//! | `events`, `dead` | one row per message: `seq` (position, never used twice), `id` (16 bytes), `crc` (CRC-32 of queue, seq, id and body), `body` |
//! | `attempts` | `(queue, seq) -> n`: how often a stored message was delivered without an ack; a separate table, so that counting does not rewrite bodies |
//! | `queues` | one row per queue: `next_seq`, `handed_out` (the highest seq delivered since the file was opened), `messages` and `bytes` (so that opening does not have to count) |
//!
//! # Writing
//! One thread owns the writing connection. It takes the waiting commands, up to 256 KiB of bodies,
//! and commits them in one transaction: one fsync for all waiting requests. It does not wait for
//! further commands; they accumulate during the commit and form the next group. Messages and
//! `queues` change in the same transaction. Replies are sent after the commit. This thread
//! checkpoints the WAL, because SQLite's own hook would ignore errors of the disk. When the queue has
//! been idle for a second, the WAL is truncated and free pages are returned to the file system, so
//! that acked bytes do not remain on disk.
//!
//! # Reading
//! Another thread owns a read-only connection and delivers rows in order of `seq`. It keeps a cursor
//! per queue in memory; rows that a dropped subscription returned come first. A row whose CRC does
//! not match is logged and moved from `events` to `dead` with its bytes; in `dead` it is logged and
//! delivered unchanged. Before a batch is delivered, its highest `seq` is committed as `handed_out`
//! and the delivery counts of its redelivered rows are committed to `attempts`.
//!
//! # Recovery
//! SQLite replays its WAL. After that, every stored row up to `handed_out` was delivered and not
//! acked: in one transaction its count in `attempts` is incremented and `handed_out` is reset to 0.
//! Therefore the delivery count of a message that crashes the process grows with each restart.
//!
//! # Failures
//! A full disk (`SQLITE_FULL`) rolls the transaction back: the waiting calls fail, and later ones may
//! succeed. Any other failure of a write, a checkpoint or a read is final, because after a failed
//! fsync the content of the disk is unknown: waiting publishes get [`BrokerError::Storage`], the
//! connection closes, subscriptions end, [`Broker::state`] returns [`STORAGE_FAILED`], and the
//! process must exit and be restarted.
//!
//! [`Broker::state`]: crate::Broker::state
//! [`BrokerError::Storage`]: crate::BrokerError::Storage

mod batch;
mod broker;
mod command;
mod delivery_state;
mod disk;
mod options;
mod reader;
mod record;
mod schema;
mod shared;
mod subscription;
mod writer;

pub use broker::EmbeddedBroker;
pub use options::{EmbeddedOptions, FreeSpace, QUEUE_MAX_BYTES};
pub use shared::{CLOSED, DISK_LOW, QUEUE_FULL, STORAGE_FAILED};
