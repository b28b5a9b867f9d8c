//! Ingestion warnings: refused events, and events that were altered before they were stored.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::{EpochMs, ids::ItemHash};

/// An event that the API refused, as the envelope carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its index in the request.
    pub index: u32,
    /// The error's type, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The reason, as text for the sender.
    pub message: String,
    /// The event as it was sent, cut to `limits::REFUSED_BYTES`.
    pub bytes: String,
}

/// An event that was accepted in an altered form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alteration {
    /// The event that was altered.
    pub item: ItemHash,
    /// The type of the alteration.
    pub kind: WarningKind,
    /// The detail, such as the property that was cut or the time that was replaced.
    pub detail: String,
}

/// The type of a warning.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum WarningKind {
    /// An event was refused; the bytes are kept.
    Refused,
    /// A string was longer than the limit and was cut.
    StringCut,
    /// A time was too far in the future and was replaced by the time of receipt.
    FutureTime,
    /// A time was older than 30 days when the event was received.
    OldTime,
    /// A number outside the range of f64 was stored as text.
    NumberAsText,
    /// A link was refused.
    LinkRefused,
    /// Two items had the same id and different content; the first one is kept.
    IdConflict,
}

impl WarningKind {
    /// The name that the API and the stores use.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A warning as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The type of the warning.
    #[serde(rename = "type")]
    pub kind: WarningKind,
    /// The warning as text.
    pub message: String,
    /// The original bytes, if they were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// When the item was received.
    pub received_at: EpochMs,
}
