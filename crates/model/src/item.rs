//! Items: what one line of a client's request became after validation.
//!
//! An item is an event, or an instruction: something that is applied and shown in a user's
//! history, and never counted as an event.

use serde::{Deserialize, Serialize};

use crate::{EpochMs, Properties, ids::ItemHash};

/// An event or an instruction, validated, with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// Something that a user did.
    Event(Event),
    /// Something to apply to identities or profiles.
    Instruction(Instruction),
}

impl Item {
    /// The item's hash. An event and an instruction with one hash are two items.
    pub fn id(&self) -> ItemHash {
        match self {
            Self::Event(event) => event.id,
            Self::Instruction(instruction) => instruction.id,
        }
    }
}

/// Something that a user did: a name, who, when, and properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The item hash.
    pub id: ItemHash,
    /// The event's name, 1..=255 bytes.
    pub event: String,
    /// Who did it, as the client said it, 1..=512 bytes. Never rewritten.
    pub distinct_id: String,
    /// The corrected time.
    pub time: EpochMs,
    /// The client's own time, when it differs from the corrected one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_time: Option<EpochMs>,
    /// The idempotency key, as sent or made.
    pub insert_id: String,
    /// The session that the event belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The event's properties, `$insert_id` and `$session_id` left as the client sent them.
    #[serde(default)]
    pub properties: Properties,
}

/// Something to apply, stored once under its item id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instruction {
    /// The item hash.
    pub id: ItemHash,
    /// Whom it is about; of a link: the destination.
    pub distinct_id: String,
    /// The corrected time.
    pub time: EpochMs,
    /// The client's own time, when it differs from the corrected one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_time: Option<EpochMs>,
    /// The idempotency key, as sent or made.
    pub insert_id: String,
    /// Whose word it is.
    pub authority: Authority,
    /// What to do.
    pub action: Action,
}

/// Whose word a link is: a client may never merge two identified users, a server may.
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
    /// `identify`: a profile is created or changed, a device may be linked to the user.
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
    /// `$create_alias`, `$merge`: `source` is linked to the instruction's `distinct_id`.
    Link {
        /// The id that is linked to the destination.
        source: String,
    },
}
