//! The errors of the private API: a closed set of codes. The console matches codes, never text.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoEnumIterator as _};

/// The body of every failure: `{"error":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ApiError,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ApiError {
    /// The code.
    #[serde(rename = "type")]
    pub code: ErrorCode,
    /// The field that is wrong, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What happened and what to do, for a person.
    pub message: String,
}

impl ApiError {
    /// An error without a path.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            path: None,
            message: message.into(),
        }
    }
}

/// The closed set of codes, with the HTTP status that each travels under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: a body or parameter is wrong.
    InvalidRequest,
    /// 400: a report makes no sense.
    InvalidQuery,
    /// 401: no good token.
    Unauthorized,
    /// 403: not with this token, or from this origin.
    Forbidden,
    /// 404: an unknown project or thing.
    NotFound,
    /// 405: the route exists, the method does not.
    MethodNotAllowed,
    /// 409: it changed meanwhile.
    Conflict,
    /// 413: a body is too large.
    PayloadTooLarge,
    /// 500: a defect of the product.
    Internal,
    /// 503: broker or store cannot be reached now.
    Unavailable,
    /// Never sent by a server: the backend could not be reached.
    Disconnected,
}

impl ErrorCode {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest | Self::InvalidQuery => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::Internal => 500,
            Self::Unavailable | Self::Disconnected => 503,
        }
    }

    /// The code of an answer that is not in the API's words, as a proxy gives one.
    pub fn of_status(status: u16) -> Self {
        let same = Self::iter().find(|code| code.status() == status);
        same.unwrap_or(match status {
            502 | 504 => Self::Unavailable,
            _ => Self::Internal,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_code_that_travels_under_it() {
        for code in ErrorCode::iter() {
            assert_eq!(ErrorCode::of_status(code.status()).status(), code.status());
        }
        let others = [503, 504, 418].map(ErrorCode::of_status);
        let expected = [
            ErrorCode::Unavailable,
            ErrorCode::Unavailable,
            ErrorCode::Internal,
        ];
        assert_eq!(others, expected);
    }
}
