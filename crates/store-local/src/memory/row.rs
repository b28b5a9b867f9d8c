//! An event as the local store keeps it.

use empmix_model::{DAY_MS, EpochMs, Properties, envelope::Envelope, ids::ItemHash, item::Event};

/// An event with everything that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventRow {
    pub(crate) hash: ItemHash,
    pub(crate) event: String,
    pub(crate) distinct_id: String,
    pub(crate) time: EpochMs,
    /// The client's own time, if different.
    pub(crate) client_time: Option<EpochMs>,
    pub(crate) received_at: EpochMs,
    pub(crate) insert_id: String,
    pub(crate) session_id: Option<String>,
    /// The message that brought it.
    pub(crate) message_id: [u8; 16],
    /// Hash of its content, see `content_hash`.
    pub(crate) content: i64,
    pub(crate) properties: Properties,
    /// See [`EventRow::dated`].
    pub(crate) id_day: Option<i64>,
}

impl EventRow {
    /// The row of an event that a message brought.
    pub(crate) fn new(event: Event, envelope: &Envelope, content: i64) -> Self {
        let mut row = Self {
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
            id_day: None,
        };
        row.id_day = row.dated();
        row
    }

    /// The UTC day in the item's id, if the id was made of this row's time; none for an item that
    /// came without a time, or kept an id from elsewhere.
    pub(crate) fn dated(&self) -> Option<i64> {
        let time = self.client_time.unwrap_or(self.time);
        let made = ItemHash::of(&self.distinct_id, &self.insert_id, Some(time));
        (made == self.hash).then_some(time.div_euclid(DAY_MS))
    }
}

/// What tells a duplicate from a conflict and a redelivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredItem {
    /// Hash of the content that is stored.
    pub(crate) content: i64,
    /// The message that brought it.
    pub(crate) message_id: [u8; 16],
}
