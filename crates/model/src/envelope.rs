//! The message that carries items from the API to the consumer, version 1.
//!
//! On the wire it is one JSON object of at most [`limits::ENVELOPE_BYTES`], unless it contains a
//! single larger event. A request becomes one or more envelopes. Releases v and v + 1 can read
//! envelopes of version v; a consumer parks a message of an unknown version.
//!
//! The envelope contains refused events too, so that no data is lost: the consumer stores them as
//! warnings with their bytes.
//!
//! [`limits::ENVELOPE_BYTES`]: crate::limits::ENVELOPE_BYTES

use serde::{Deserialize, Serialize};

use crate::{
    EpochMs,
    identity::FactKey,
    ids::{JobId, MessageId, ProjectId},
    item::Item,
    warning::{Alteration, Refused},
};

/// The version that this release writes.
pub const ENVELOPE_VERSION: u16 = 1;

/// The content of one broker message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The format's version, [`ENVELOPE_VERSION`].
    pub v: u16,
    /// The project, taken from the key or the route, never from a body.
    pub project: ProjectId,
    /// The message's id, a UUID version 7.
    pub message_id: MessageId,
    /// When the API received the request; a replay keeps it.
    pub received_at: EpochMs,
    /// The endpoint or job that produced the message.
    pub source: Source,
    /// The job part that this message carries, if it belongs to a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobPart>,
    /// The accepted items, in the request's order.
    pub items: Vec<Item>,
    /// The refused events, with their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// The changes made to accepted items (cut strings, replaced times).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub altered: Vec<Alteration>,
    /// The place of the first item in the message, where `items` are not all of it. Not on the wire.
    #[serde(skip)]
    pub first_item: usize,
}

impl Envelope {
    /// One of the items as a message of its own, with the same keys of facts. What else the message
    /// carries (refused events, alterations, the job part) is left out.
    pub fn only(&self, index: usize) -> Option<Self> {
        Some(Self {
            job: None,
            items: vec![self.items.get(index)?.clone()],
            refused: Vec::new(),
            altered: Vec::new(),
            first_item: self.first_item + index,
            ..*self
        })
    }

    /// The key of the facts that the item at `index` of `items` states.
    pub fn fact_key(&self, index: usize) -> FactKey {
        FactKey {
            received_at: self.received_at,
            message_id: self.message_id,
            index: u32::try_from(self.first_item + index).unwrap_or(u32::MAX),
        }
    }
}

/// The endpoint or job that produced a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `POST /public/track`.
    Track,
    /// `POST /public/identify`.
    Identify,
    /// An import.
    Import,
}

/// Identifies a part of a job. A part that is sent again has the same number (in an import: the line
/// of its first item), so that stored parts form a set and duplicates count once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobPart {
    /// The job.
    pub job: JobId,
    /// The part's number, unique within the job.
    pub part: u64,
}
