//! Items: the validated form of one entry of a client's request.
//!
//! An item is an event or an instruction. An instruction is applied and shown in a user's history,
//! and is not counted as an event.

use std::fmt::{self, Formatter};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{EpochMs, Properties, ids::ItemHash};

/// An event or an instruction, validated, with its id.
///
/// As JSON it is one object; `type` comes first, so that the rest is read straight into its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ItemVisitor)
    }
}

/// The field that says what an item is.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum TypeField {
    Type,
}

/// What an item is.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ItemType {
    Event,
    Instruction,
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("an item whose first field is `type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Item, A::Error> {
        let Some((TypeField::Type, item_type)) = fields.next_entry()? else {
            return Err(A::Error::missing_field("type"));
        };
        let rest = MapAccessDeserializer::new(fields);
        match item_type {
            ItemType::Event => Event::deserialize(rest).map(Item::Event),
            ItemType::Instruction => Instruction::deserialize(rest).map(Item::Instruction),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_reads_back_as_it_was_written() {
        let event = r#"{"type":"event","id":"00112233445566778899aabbccddeeff","event":"Signed Up",
            "distinct_id":"u1","time":5,"insert_id":"i1","properties":{"type":"x","a":[1]}}"#;
        let link = r#"{"type":"instruction","id":"00112233445566778899aabbccddeeff",
            "distinct_id":"u1","time":5,"insert_id":"i2","authority":"server",
            "action":{"action":"link","source":"d1"}}"#;
        for text in [event, link] {
            let item: Item = serde_json::from_str(text).unwrap();
            let written = serde_json::to_string(&item).unwrap();
            assert!(written.starts_with(r#"{"type":"#), "{written}");
            let [given, written] = [text, &written].map(serde_json::from_str::<serde_json::Value>);
            assert_eq!(written.unwrap(), given.unwrap());
        }
    }

    #[test]
    fn other_json_is_refused() {
        for text in [
            "{}",
            r#"{"id": "x"}"#,
            r#"{"type": "other"}"#,
            r#"{"type": "event"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Item>(text).is_err(), "{text}");
        }
    }
}
