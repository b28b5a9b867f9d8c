//! The one place where failures become codes.

use empmix_protocol::{ApiError, ErrorCode};
use empmix_query::InvalidQuery;
use empmix_store::{ReadError, StoreError};

/// The outward form of a store's failure.
pub fn of_store(error: StoreError) -> ApiError {
    let code = match &error {
        StoreError::Unavailable(_) => ErrorCode::Unavailable,
        StoreError::Invalid(_) => ErrorCode::InvalidRequest,
        StoreError::NotFound(_) => ErrorCode::NotFound,
        StoreError::Conflict(_) => ErrorCode::Conflict,
        StoreError::Storage(_) => ErrorCode::Internal,
    };
    ApiError::new(code, sentence(&error.to_string()))
}

/// The outward form of a report that makes no sense.
pub fn of_query(error: InvalidQuery) -> ApiError {
    ApiError {
        code: ErrorCode::InvalidQuery,
        path: Some(error.path),
        message: error.message,
    }
}

/// The outward form of a question's failure.
pub fn of_read(error: ReadError) -> ApiError {
    match error {
        ReadError::Invalid(invalid) => of_query(invalid),
        ReadError::Store(error) => of_store(error),
    }
}

/// A parameter that is wrong.
pub fn invalid(path: &str, message: impl Into<String>) -> ApiError {
    ApiError {
        code: ErrorCode::InvalidRequest,
        path: Some(path.to_owned()),
        message: message.into(),
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let rest = chars.as_str();
    let end = if rest.ends_with('.') { "" } else { "." };
    format!("{first}{rest}{end}")
}
