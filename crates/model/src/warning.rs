//! Ingestion warnings: what was refused, and what was accepted but altered.

use serde::{Deserialize, Serialize};

use crate::{EpochMs, ids::ItemHash};

/// An event that the API refused, as it travels in the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its index in the request.
    pub index: u32,
    /// The error's type, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why, in words for the sender.
    pub message: String,
    /// The event as it was sent, at most `limits::REFUSED_BYTES` of it.
    pub bytes: String,
}

/// An event that was accepted in an altered form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alteration {
    /// The event that was altered.
    pub item: ItemHash,
    /// What was done to it.
    pub kind: WarningKind,
    /// The detail: the property that was cut, the time that was moved.
    pub detail: String,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// An event was refused; the bytes are kept.
    Refused,
    /// A string was longer than the limit and was cut.
    StringCut,
    /// A time lay too far in the future and became the time received.
    FutureTime,
    /// A time was older than 30 days when it was received.
    OldTime,
    /// A number beyond f64 was kept as its text.
    NumberAsText,
    /// A link was refused.
    LinkRefused,
    /// Two items had one id and different content; the first stays.
    IdConflict,
}

impl WarningKind {
    /// The name that the API and the stores use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::StringCut => "string_cut",
            Self::FutureTime => "future_time",
            Self::OldTime => "old_time",
            Self::NumberAsText => "number_as_text",
            Self::LinkRefused => "link_refused",
            Self::IdConflict => "id_conflict",
        }
    }
}

/// A warning as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: WarningKind,
    /// In words.
    pub message: String,
    /// The original bytes, where they were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// When the item was received.
    pub received_at: EpochMs,
}
