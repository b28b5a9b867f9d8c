//! The reason why a request or an item is refused, as text for the sender.

/// A refusal that names the parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Its type.
    pub kind: RefusalKind,
    /// What is wrong, and what is expected.
    pub message: String,
    /// The parameter, such as `distinct_id` or `properties.price`.
    pub param: Option<String>,
}

/// The type of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A parameter is missing or invalid (400).
    Invalid,
    /// The request or item is larger than its limit (413).
    TooLarge,
}

impl RefusalKind {
    /// The error's type in the public API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid_request_error",
            Self::TooLarge => "payload_too_large_error",
        }
    }
}

impl Refusal {
    /// A refusal of an invalid parameter.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Invalid,
            message: message.into(),
            param: Some(param.into()),
        }
    }

    /// A refusal because of a missing parameter.
    pub fn required(param: &str) -> Self {
        Self::invalid(param, format!("The '{param}' parameter is required."))
    }

    /// A refusal of a whole body.
    pub fn body(message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Invalid,
            message: message.into(),
            param: None,
        }
    }

    /// A refusal of something larger than its limit.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::TooLarge,
            message: message.into(),
            param: None,
        }
    }
}
