//! An event as the local store keeps it.

use empmix_model::{EpochMs, Properties, envelope::Envelope, ids::ItemHash, item::Event};

/// An event with everything that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventRow {
    pub(super) hash: ItemHash,
    pub(super) event: String,
    pub(super) distinct_id: String,
    pub(super) time: EpochMs,
    /// The client's own time, if different.
    pub(super) client_time: Option<EpochMs>,
    pub(super) received_at: EpochMs,
    pub(super) insert_id: String,
    pub(super) session_id: Option<String>,
    /// The message that brought it.
    pub(super) message_id: [u8; 16],
    /// Hash of its content, see `content_hash`.
    pub(super) content: i64,
    pub(super) properties: Properties,
}

impl EventRow {
    /// The row of an event that a message brought.
    pub(super) fn new(event: Event, envelope: &Envelope, content: i64) -> Self {
        Self {
            hash: event.id,
            event: event.event,
            distinct_id: event.distinct_id,
            time: event.time,
            client_time: event.client_time,
            received_at: envelope.received_at,
            insert_id: event.insert_id,
            session_id: event.session_id,
            message_id: *envelope.message_id.as_bytes(),
            content,
            properties: event.properties,
        }
    }
}

/// What tells a duplicate from a conflict and a redelivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Hash of the content that is stored.
    pub(super) content: i64,
    /// The message that brought it.
    pub(super) message_id: [u8; 16],
}
