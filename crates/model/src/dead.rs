//! Dead letters: items that the store can never accept. They are parked in the queue `events_dead`.
//!
//! On the wire a letter is one JSON object, version 1. It contains the original bytes, so that it
//! can be inspected and sent again.

use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

use crate::{
    EpochMs,
    ids::{MessageId, ProjectId},
    item::Item,
};

/// The version that this release writes.
pub const DEAD_LETTER_VERSION: u16 = 1;

/// An item, or a whole message, that was parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The format's version, [`DEAD_LETTER_VERSION`].
    pub v: u16,
    /// Why it was parked.
    pub reason: DeadReason,
    /// The project, if it could be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The message that carried it.
    pub message_id: MessageId,
    /// Its index among the message's items; absent for a whole message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// When the API received it, if that could be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<EpochMs>,
    /// The number of earlier deliveries.
    pub attempts: u32,
    /// The original: an item's JSON, or a message's bytes, in base64.
    pub original: String,
}

/// The id of a letter: 16 bytes that depend on what was parked alone, so that a letter that is parked
/// again is the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId(pub [u8; 16]);

impl LetterId {
    /// The id of an item of a project.
    pub fn of_item(project: ProjectId, item: &Item) -> Self {
        let kind = match item {
            Item::Event(_) => b'e',
            Item::Instruction(_) => b'i',
        };
        Self::of(&[&[kind], &project.0, &item.id().0])
    }

    /// The id of a message.
    pub fn of_message(message: MessageId) -> Self {
        Self::of(&[b"m", message.as_bytes()])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Self(id)
    }
}

impl DeadLetter {
    /// Its id: the hash of its project, if it has one, and of the original bytes.
    pub fn id(&self) -> LetterId {
        let original = self.original.as_bytes();
        match &self.project {
            Some(project) => LetterId::of(&[b"p", &project.0, original]),
            None => LetterId::of(&[b"l", original]),
        }
    }
}

/// Why an item was parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// The message is not a valid envelope.
    Undecodable,
    /// This release does not know the envelope's version.
    UnsupportedVersion,
    /// An item with the same id and different content is already stored.
    IdConflict,
    /// The store refuses it permanently.
    StoreRefused,
    /// Its project does not exist, and was never deleted.
    UnknownProject,
    /// Writing it ended the process, several times.
    Crashes,
    /// The broker gave it up after too many deliveries.
    DeliveryLimit,
}
