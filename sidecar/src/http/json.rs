//! JSON of the private API: bodies in, failures out.

use axum::{
    Json,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use empmix_protocol::{ApiError, ErrorBody, ErrorCode};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

/// Bytes of a private body.
const BODY_BYTES: usize = 1 << 20;

/// A failure as a response.
pub(super) struct Failure(pub(super) ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if self.0.code == ErrorCode::Internal {
            tracing::error!(error = %self.0, "a request failed");
        }
        let mut response = (status, Json(ErrorBody { error: self.0 })).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert("retry-after", axum::http::HeaderValue::from_static("1"));
        }
        response
    }
}

/// Reads a JSON body of bounded size.
pub(super) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Failure> {
    let body = Limited::new(request.into_body(), BODY_BYTES)
        .collect()
        .await
        .map_err(|_| {
            ApiError::new(
                ErrorCode::PayloadTooLarge,
                format!("The body is larger than {BODY_BYTES} bytes."),
            )
        })?;
    let bytes = body.to_bytes();
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure(ApiError::new(
            ErrorCode::InvalidRequest,
            format!("The body is not valid: {error}."),
        ))
    })
}
