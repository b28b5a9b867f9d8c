//! The browser's `fetch`, with cancellation and streaming.

use empmix_protocol::{ApiError, ErrorBody, ErrorCode, Request};
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit, Response};

/// Sends a request and reads its JSON answer.
///
/// # Errors
/// What the sidecar answered, or [`ErrorCode::Disconnected`].
pub(super) async fn call(
    request: &Request,
    token: Option<&str>,
    signal: Option<&AbortSignal>,
) -> Result<Value, ApiError> {
    let response = send(request, token, signal).await?;
    let text = response.text().map_err(|_| disconnected())?;
    let text = JsFuture::from(text).await.map_err(|_| disconnected())?;
    let text = text.as_string().unwrap_or_default();
    if response.ok() {
        read(text.as_bytes())
    } else {
        Err(refusal(response.status(), text.as_bytes()))
    }
}

/// The JSON of a good answer.
///
/// # Errors
/// [`ErrorCode::Internal`] for what is not JSON.
pub(super) fn read(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the answer could not be read: {error}");
        ApiError::new(ErrorCode::Internal, message)
    })
}

/// What an answer with an error status says.
pub(super) fn refusal(status: u16, body: &[u8]) -> ApiError {
    serde_json::from_slice::<ErrorBody>(body)
        .map_or_else(|_| from_status(status), |body| body.error)
}

/// Opens a stream.
///
/// # Errors
/// What the sidecar answered, or [`ErrorCode::Disconnected`].
pub(super) async fn open(
    request: &Request,
    token: Option<&str>,
    signal: &AbortSignal,
) -> Result<ReadableStreamDefaultReader, ApiError> {
    let response = send(request, token, Some(signal)).await?;
    if !response.ok() {
        return Err(from_status(response.status()));
    }
    let body = response.body().ok_or_else(disconnected)?;
    body.get_reader().dyn_into().map_err(|_| disconnected())
}

/// The next chunk of a stream; `None` at its end.
///
/// # Errors
/// [`ErrorCode::Disconnected`].
pub(super) async fn next_chunk(
    reader: &ReadableStreamDefaultReader,
) -> Result<Option<Vec<u8>>, ApiError> {
    let read = JsFuture::from(reader.read())
        .await
        .map_err(|_| disconnected())?;
    let value =
        js_sys::Reflect::get(&read, &JsValue::from_str("value")).map_err(|_| disconnected())?;
    Ok(value
        .dyn_into::<js_sys::Uint8Array>()
        .ok()
        .map(|bytes| bytes.to_vec()))
}

async fn send(
    request: &Request,
    token: Option<&str>,
    signal: Option<&AbortSignal>,
) -> Result<Response, ApiError> {
    let options = RequestInit::new();
    options.set_method(request.method.as_http().as_str());
    options.set_signal(signal);
    let headers = headers(token, request.body.is_some()).map_err(|_| disconnected())?;
    options.set_headers(&headers);
    if let Some(body) = &request.body {
        options.set_body(&JsValue::from_str(body));
    }
    let window = web_sys::window().ok_or_else(disconnected)?;
    let response = window.fetch_with_str_and_init(&request.path, &options);
    let response = JsFuture::from(response).await.map_err(|_| disconnected())?;
    response.dyn_into().map_err(|_| disconnected())
}

fn headers(token: Option<&str>, body: bool) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    if let Some(token) = token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    if body {
        headers.set("content-type", "application/json")?;
    }
    Ok(headers)
}

fn disconnected() -> ApiError {
    ApiError::new(ErrorCode::Disconnected, "The sidecar cannot be reached")
}

/// For an answer that is not in the API's words: a proxy's, say.
fn from_status(status: u16) -> ApiError {
    let code = match status {
        400 => ErrorCode::InvalidRequest,
        401 => ErrorCode::Unauthorized,
        403 => ErrorCode::Forbidden,
        404 => ErrorCode::NotFound,
        413 => ErrorCode::PayloadTooLarge,
        502..=504 => ErrorCode::Unavailable,
        _ => ErrorCode::Internal,
    };
    ApiError::new(code, format!("The sidecar answered with status {status}"))
}
