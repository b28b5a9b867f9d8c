//! The row of a message, and its checksum.

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::{Message, Queue};

/// The size of a message in addition to its body: the row's other columns and its share of the page.
const OVERHEAD_BYTES: u64 = 64;

/// A row of `events` or `dead`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The position in its queue.
    pub(super) seq: u64,
    /// The message.
    pub(super) message: Message,
    /// Whether the stored checksum matches.
    pub(super) intact: bool,
}

/// The size of a message that counts against the queue's limit.
pub(super) fn cost(body_len: usize) -> u64 {
    body_len as u64 + OVERHEAD_BYTES
}

/// The CRC-32 of a row. It includes the row's position, so that a row in a wrong position is
/// detected.
pub(super) fn checksum(queue: Queue, seq: u64, id: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[queue_code(queue)]);
    hasher.update(&seq.to_le_bytes());
    hasher.update(id);
    hasher.update(body);
    hasher.finalize()
}

/// The number of the queue in the file.
pub(super) fn queue_code(queue: Queue) -> u8 {
    match queue {
        Queue::Events => 0,
        Queue::Dead => 1,
    }
}

/// The table of the queue.
pub(super) fn table(queue: Queue) -> &'static str {
    match queue {
        Queue::Events => "events",
        Queue::Dead => "dead",
    }
}

/// Reads `seq, id, crc, body`. A column of an unexpected type makes the record damaged; it is not an
/// error.
pub(super) fn read(queue: Queue, row: &Row<'_>) -> rusqlite::Result<Record> {
    let seq = row.get::<_, i64>(0)? as u64;
    let id = bytes_of(row.get_ref(1)?);
    let body = bytes_of(row.get_ref(3)?);
    let stored = match row.get_ref(2)? {
        ValueRef::Integer(crc) => u32::try_from(crc).ok(),
        _ => None,
    };
    let uuid = Uuid::from_slice(id);
    let intact = uuid.is_ok() && stored == Some(checksum(queue, seq, id, body));
    Ok(Record {
        seq,
        message: Message {
            id: uuid.unwrap_or_default(),
            body: Bytes::copy_from_slice(body),
        },
        intact,
    })
}

fn bytes_of(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_covers_position_id_and_body() {
        let sum = checksum(Queue::Events, 7, b"id", b"body");
        assert_ne!(sum, checksum(Queue::Dead, 7, b"id", b"body"));
        assert_ne!(sum, checksum(Queue::Events, 8, b"id", b"body"));
        assert_ne!(sum, checksum(Queue::Events, 7, b"ie", b"body"));
        assert_ne!(sum, checksum(Queue::Events, 7, b"id", b"bodz"));
    }
}
