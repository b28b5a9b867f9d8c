//! The types that stores return.

use serde::{Deserialize, Serialize};

use crate::{EpochMs, Properties, ids::ItemHash, warning::Warning};

/// An event as the private API returns it. Lists are ordered by time, then by item hash, both
/// descending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The item hash, 32 hex digits.
    pub id: ItemHash,
    /// The event's name.
    pub event: String,
    /// The id that the client sent.
    pub distinct_id: String,
    /// The user that the id currently resolves to.
    pub user_id: String,
    /// The corrected time.
    pub time: EpochMs,
    /// When the API received it.
    pub received_at: EpochMs,
    /// The session, if any.
    pub session_id: Option<String>,
    /// The properties.
    pub properties: Properties,
}

/// An entry of *Live*: an event or a warning that was just stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LiveItem {
    /// An event was stored.
    Event(StoredEvent),
    /// A warning was stored.
    Warning(Warning),
}

/// The metrics of one session: a fold of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionMetrics {
    /// The client's session id.
    pub session_id: String,
    /// Time of the first event.
    pub started_at: EpochMs,
    /// Time of the last event.
    pub last_active_at: EpochMs,
    /// Events with this session id.
    pub events: u64,
    /// Name of the first event (by time, then item hash).
    pub first_event: String,
    /// Name of the last event (by time, then item hash).
    pub last_event: String,
}

impl SessionMetrics {
    /// The time between the first and the last event, in milliseconds; 0 for a single event.
    pub fn duration_ms(&self) -> i64 {
        self.last_active_at - self.started_at
    }
}

/// Statistics and settings of one event name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventSchema {
    /// The event's name.
    pub name: String,
    /// The number of stored events with this name.
    pub count: u64,
    /// Time of the earliest one.
    pub first_seen: EpochMs,
    /// Time of the latest one.
    pub last_seen: EpochMs,
    /// Whether the console hides it in lists; always false in this version.
    pub hidden: bool,
    /// Whether ingest refuses it; always false in this version.
    pub blocked: bool,
    /// A description written by users; always `None` in this version.
    pub description: Option<String>,
    /// Its properties, by name.
    pub properties: Vec<PropertySchema>,
}

/// A property of the events with one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertySchema {
    /// The property's name.
    pub name: String,
    /// The types of its values: `string`, `number`, `boolean`, `list`, `object`.
    pub types: Vec<String>,
    /// The number of events that have it.
    pub count: u64,
    /// The most frequent scalar values, at most ten, most frequent first, ties by value.
    pub top_values: Vec<ValueCount>,
}

/// A value and the number of events that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The value.
    pub value: serde_json::Value,
    /// The number of events that have it.
    pub count: u64,
}
