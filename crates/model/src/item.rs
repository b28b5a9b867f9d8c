//! Items: the validated form of one entry of a client's request.
//!
//! An item is an event or an instruction. An instruction is applied and shown in a user's history,
//! and is not counted as an event.

use serde::{Deserialize, Serialize};

use crate::{EpochMs, Properties, ids::ItemHash};

/// An event or an instruction, validated, with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// An action of a user.
    Event(Event),
    /// A change of identities or profiles.
    Instruction(Instruction),
}

impl Item {
    /// The item's hash. An event and an instruction with the same hash are two items.
    pub fn id(&self) -> ItemHash {
        match self {
            Self::Event(event) => event.id,
            Self::Instruction(instruction) => instruction.id,
        }
    }
}

/// An action of a user: its name, the user's id, the time and properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The item hash.
    pub id: ItemHash,
    /// The event's name, 1..=255 bytes.
    pub event: String,
    /// The user's id as the client sent it, 1..=512 bytes. Never rewritten.
    pub distinct_id: String,
    /// The corrected time.
    pub time: EpochMs,
    /// The time that the client sent, if it differs from the corrected one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_time: Option<EpochMs>,
    /// The idempotency key, sent by the client or generated.
    pub insert_id: String,
    /// The session that the event belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The event's properties; `$insert_id` and `$session_id` are as the client sent them.
    #[serde(default)]
    pub properties: Properties,
}

/// A change of identities or profiles, stored once under its item id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instruction {
    /// The item hash.
    pub id: ItemHash,
    /// The id of the user that it changes; in a link: the destination.
    pub distinct_id: String,
    /// The corrected time.
    pub time: EpochMs,
    /// The time that the client sent, if it differs from the corrected one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_time: Option<EpochMs>,
    /// The idempotency key, sent by the client or generated.
    pub insert_id: String,
    /// The authority of the request.
    pub authority: Authority,
    /// What it does.
    pub action: Action,
}

/// The authority of a request. A server may merge two identified users; a client may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// Sent with a public key.
    Client,
    /// Sent with a secret key, or through an import.
    Server,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// `identify`: creates or changes a profile, and may link a device to the user.
    Identify {
        /// The device that is linked to the user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        anonymous_id: Option<String>,
        /// Properties to set; `None` when the body had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        properties: Option<Properties>,
        /// Profile operations (`$set`, `$add`, …); `None` when the body had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operations: Option<Properties>,
    },
    /// `$create_alias`, `$merge`: links `source` to the instruction's `distinct_id`.
    Link {
        /// The id that is linked to the destination.
        source: String,
    },
}
