//! The browser's `fetch`, with cancellation and streaming.

use empmix_protocol::{ApiError, ErrorBody, ErrorCode, Request};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit, Response};

use crate::text;

/// Sends a request; the answer is JSON that is not read yet.
///
/// # Errors
/// What the sidecar answered, or [`ErrorCode::Disconnected`].
pub(super) async fn call(
    request: &Request,
    token: Option<&str>,
    signal: Option<&AbortSignal>,
) -> Result<Vec<u8>, ApiError> {
    let response = send(request, token, signal).await?;
    let body = body(&response).await?;
    if response.ok() {
        Ok(body)
    } else {
        Err(refusal(response.status(), &body))
    }
}

async fn body(response: &Response) -> Result<Vec<u8>, ApiError> {
    let body = response.array_buffer().map_err(|_| disconnected())?;
    let body = JsFuture::from(body).await.map_err(|_| disconnected())?;
    Ok(js_sys::Uint8Array::new(&body).to_vec())
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
        let body = body(&response).await?;
        return Err(refusal(response.status(), &body));
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
    ApiError::new(ErrorCode::Disconnected, text!("backend-unreachable"))
}

/// For an answer that is not in the API's words: a proxy's, say.
fn from_status(status: u16) -> ApiError {
    let code = ErrorCode::of_status(status);
    ApiError::new(code, text!("backend-status", status = status.to_string()))
}
