//! The message that carries items from the API to the consumer, version 1.
//!
//! On the wire it is one JSON object, at most [`limits::ENVELOPE_BYTES`] long unless it carries a
//! single larger event. A request becomes one envelope or several. Envelopes of version v are read
//! by releases v and v + 1; a consumer that meets an unknown version parks the message.
//!
//! Refused events travel too, so that nothing a client sent vanishes: the consumer stores them as
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

/// What one broker message holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The format's version, [`ENVELOPE_VERSION`].
    pub v: u16,
    /// The project, from the key or the route; never from a body.
    pub project: ProjectId,
    /// The message's id, a UUID version 7.
    pub message_id: MessageId,
    /// When the API received the request; kept by a replay.
    pub received_at: EpochMs,
    /// The way in.
    pub source: Source,
    /// The part of a job that this message is, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobPart>,
    /// What was accepted, in the request's order.
    pub items: Vec<Item>,
    /// What was refused, with its bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// What was accepted but altered (cut strings, moved times).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub altered: Vec<Alteration>,
}

impl Envelope {
    /// The key of the facts that the item at `index` of `items` states.
    pub fn fact_key(&self, index: usize) -> FactKey {
        FactKey {
            received_at: self.received_at,
            message_id: self.message_id,
            index: u32::try_from(index).unwrap_or(u32::MAX),
        }
    }
}

/// The way a message came in.
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

/// Which part of a job a message is. The number is the same when the part is sent again (for an
/// import: the line of the part's first item), so that parts stored are a set, never a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobPart {
    /// The job.
    pub job: JobId,
    /// The part's number, unique within the job.
    pub part: u64,
}
