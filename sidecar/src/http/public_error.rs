//! The failures of the public API: status, type, message, parameter.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use empmix_ingest::{Refusal, RefusalKind};
use empmix_model::limits;
use serde_json::{Value, json};

use super::body::BodyError;
use crate::machine;

/// Every failure of the public API.
pub(super) enum PublicError {
    NoKey,
    UnknownKey,
    Refused(Refusal),
    AllRefused { first: Refusal, listed: Vec<Value> },
    Body(BodyError),
    Unavailable(String),
    NotFound,
    WrongMethod,
}

impl From<Refusal> for PublicError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<BodyError> for PublicError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl PublicError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::UnknownKey => StatusCode::UNAUTHORIZED,
            Self::Refused(refusal) | Self::AllRefused { first: refusal, .. } => {
                match refusal.kind {
                    RefusalKind::Invalid => StatusCode::BAD_REQUEST,
                    RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                }
            }
            Self::Body(BodyError::Broken) => StatusCode::BAD_REQUEST,
            Self::Body(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::Unsupported(_)) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body(BodyError::Busy | BodyError::Late) | Self::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn message(&self) -> Cow<'_, str> {
        match self {
            Self::NoKey => "An API key is required: send it as the 'x-api-key' header or as 'apiKey' in the body.".into(),
            Self::UnknownKey => "This API key is not known.".into(),
            Self::Refused(refusal) | Self::AllRefused { first: refusal, .. } => {
                refusal.message.as_str().into()
            }
            Self::Body(BodyError::TooLarge) => {
                format!("The body is larger than {} bytes.", limits::BODY_BYTES).into()
            }
            Self::Body(BodyError::Busy) => "Too many requests are in flight.".into(),
            Self::Body(BodyError::Broken) => {
                "The request body is incomplete, or its compression is damaged.".into()
            }
            Self::Body(BodyError::Late) => {
                "The body did not arrive in time; send it again with the same ids.".into()
            }
            Self::Body(BodyError::Unsupported(message)) => message.into(),
            Self::Unavailable(reason) => format!(
                "The events could not be stored now ({reason}); send them again with the same ids."
            )
            .into(),
            Self::NotFound => "There is no such endpoint.".into(),
            Self::WrongMethod => "This endpoint takes POST.".into(),
        }
    }

    /// The parameter that is wrong.
    fn param(&self) -> Option<&str> {
        match self {
            Self::NoKey | Self::UnknownKey => Some("apiKey"),
            Self::Refused(refusal) | Self::AllRefused { first: refusal, .. } => {
                refusal.param.as_deref()
            }
            _ => None,
        }
    }
}

/// The type of an error in the public API.
fn error_type(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::PAYLOAD_TOO_LARGE => RefusalKind::TooLarge.name(),
        StatusCode::SERVICE_UNAVAILABLE => "unavailable_error",
        _ => RefusalKind::Invalid.name(),
    }
}

impl IntoResponse for PublicError {
    fn into_response(self) -> Response {
        let status = self.status();
        let error = json!({"type": error_type(status), "message": self.message()});
        let mut body = json!({"status": 0, "error": error});
        if let Some(param) = self.param() {
            body["error"]["param"] = Value::from(param);
        }
        if let Self::AllRefused { listed, .. } = &self {
            body["accepted"] = Value::from(0);
            body["rejected"] = Value::from(listed.clone());
        }
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let [jitter] = machine::random::<1>();
            let seconds = ["1", "2", "3"][usize::from(jitter % 3)];
            response
                .headers_mut()
                .insert("retry-after", HeaderValue::from_static(seconds));
        }
        response
    }
}
