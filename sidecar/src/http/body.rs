//! Bodies of the public API: bounded before and after decompression, and all together.

mod rest;

use std::{error::Error, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use bytes::BytesMut;
use empmix_model::limits;
use futures::StreamExt;
use http_body_util::{LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than a request may be.
    TooLarge,
    /// Too many bytes are in flight in this process.
    Busy,
    /// It is incomplete, or its compression is damaged.
    Broken,
    /// It did not arrive in time.
    Late,
    /// Its content type or encoding is none that is read here.
    Unsupported(String),
}

/// A body, and the share of the bytes in flight that it holds until it is dropped.
pub(super) struct ReadBody {
    pub(super) bytes: BytesMut,
    _share: Option<OwnedSemaphorePermit>,
}

/// Bounds a body before it is decompressed, writes the name of its encoding as the decompression
/// layer knows it, and reads what a refusal left unread.
pub(super) async fn limit_encoded(mut request: Request, next: Next) -> Response {
    spell_encoding(request.headers_mut());
    let waits_for_us = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let (body, rest) = rest::share(body);
    let limited = Body::new(Limited::new(body, limits::BODY_BYTES));
    let mut response = next.run(Request::from_parts(parts, limited)).await;
    if !response.status().is_success() && !rest.drain(waits_for_us).await {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Names of encodings are written in any case; `identity` is none, `x-gzip` is gzip (RFC 9110).
fn spell_encoding(headers: &mut HeaderMap) {
    let Some(Ok(name)) = headers.get(header::CONTENT_ENCODING).map(|v| v.to_str()) else {
        return;
    };
    let spelt = match name.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => None,
        "gzip" | "x-gzip" => Some("gzip"),
        "deflate" => Some("deflate"),
        "br" => Some("br"),
        "zstd" => Some("zstd"),
        _ => return,
    };
    headers.remove(header::CONTENT_ENCODING);
    if let Some(name) = spelt {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
}

/// Reads a body that the decompression layer went over.
pub(super) async fn read(
    request: Request,
    inflight: &Arc<Semaphore>,
) -> Result<ReadBody, BodyError> {
    check_headers(request.headers())?;
    tokio::time::timeout(DEADLINE, collect(request.into_body(), inflight))
        .await
        .unwrap_or(Err(BodyError::Late))
}

async fn collect(body: Body, inflight: &Arc<Semaphore>) -> Result<ReadBody, BodyError> {
    let mut chunks = body.into_data_stream();
    let mut read = ReadBody {
        bytes: BytesMut::new(),
        _share: None,
    };
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) if is_too_large(&error) => return Err(BodyError::TooLarge),
            Err(_) => return Err(BodyError::Broken),
        };
        if read.bytes.len() + chunk.len() > limits::BODY_BYTES {
            return Err(BodyError::TooLarge);
        }
        let length = u32::try_from(chunk.len()).map_err(|_| BodyError::TooLarge)?;
        let share = Arc::clone(inflight)
            .try_acquire_many_owned(length)
            .map_err(|_| BodyError::Busy)?;
        match &mut read._share {
            Some(held) => held.merge(share),
            none => *none = Some(share),
        }
        read.bytes.extend_from_slice(&chunk);
    }
    Ok(read)
}

fn check_headers(headers: &HeaderMap) -> Result<(), BodyError> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let encoding = encoding.to_str().unwrap_or("?");
        let message =
            format!("The encoding '{encoding}' is not read here; use gzip, deflate, br or zstd.");
        return Err(BodyError::Unsupported(message));
    }
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let kind = kind
        .to_str()
        .unwrap_or("?")
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let is_json = kind.is_empty()
        || kind == "application/json"
        || kind == "text/plain"
        || kind.ends_with("+json");
    if is_json {
        return Ok(());
    }
    Err(BodyError::Unsupported(format!(
        "The content type '{kind}' is not read here; send application/json."
    )))
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
