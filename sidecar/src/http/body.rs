//! Bodies of the public API: bounded before and after decompression, and all together.
//!
//! A body whose sender is not known yet, because its key is inside it, does not count among the bytes
//! in flight, so that no sender without a key can use them up. Of such a body only the beginning is read,
//! within a deadline of its own, and of no more than [`STRANGERS`] bodies at once.

mod rest;

use std::{error::Error, sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use bytes::{Bytes, BytesMut};
use empmix_model::limits;
use futures::StreamExt;
use http_body_util::{LengthLimitError, Limited};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);
/// Bytes that are read of a body before its key is known: the key must be within them.
pub(super) const STRANGER_BYTES: usize = 64 << 10;
/// How long they may take to arrive.
const STRANGER_DEADLINE: Duration = Duration::from_secs(10);
/// Bodies without a known key that are read at once.
pub const STRANGERS: usize = 1024;
/// Bytes of a body from which it is parsed beside the async workers.
const LARGE_BYTES: usize = 256 << 10;

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
    pub(super) bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

/// Bounds a body before it is decompressed, and reads what a refusal left unread.
pub(super) async fn limit_encoded(request: Request, next: Next) -> Response {
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

/// A body that is being read, already decompressed.
pub(super) struct Reader {
    chunks: BodyDataStream,
    bytes: BytesMut,
    deadline: Instant,
}

impl Reader {
    /// Begins to read the body of a request.
    pub(super) fn new(request: Request) -> Result<Self, BodyError> {
        check_headers(request.headers())?;
        Ok(Self {
            chunks: request.into_body().into_data_stream(),
            bytes: BytesMut::new(),
            deadline: Instant::now() + DEADLINE,
        })
    }

    /// The beginning of a body whose sender is not known: at most [`STRANGER_BYTES`].
    pub(super) async fn beginning(&mut self, strangers: &Semaphore) -> Result<&[u8], BodyError> {
        let _place = strangers.try_acquire().map_err(|_| BodyError::Busy)?;
        let deadline = Instant::now() + STRANGER_DEADLINE;
        while self.bytes.len() < STRANGER_BYTES {
            let Some(chunk) = self.next(deadline).await? else {
                break;
            };
            self.bytes.extend_from_slice(&chunk);
        }
        Ok(&self.bytes[..self.bytes.len().min(STRANGER_BYTES)])
    }

    /// The whole body, which counts among the bytes in flight.
    pub(super) async fn whole(mut self, inflight: &Arc<Semaphore>) -> Result<ReadBody, BodyError> {
        let mut share = take_share(inflight, self.bytes.len())?;
        while let Some(chunk) = self.next(self.deadline).await? {
            if self.bytes.len() + chunk.len() > limits::BODY_BYTES {
                return Err(BodyError::TooLarge);
            }
            share.merge(take_share(inflight, chunk.len())?);
            self.bytes.extend_from_slice(&chunk);
        }
        Ok(ReadBody {
            bytes: self.bytes.freeze(),
            _share: share,
        })
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, BodyError> {
        match tokio::time::timeout_at(deadline, self.chunks.next()).await {
            Err(_) => Err(BodyError::Late),
            Ok(None) => Ok(None),
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(Some(Err(error))) if is_too_large(&error) => Err(BodyError::TooLarge),
            Ok(Some(Err(_))) => Err(BodyError::Broken),
        }
    }
}

fn take_share(inflight: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, BodyError> {
    let bytes = u32::try_from(bytes).map_err(|_| BodyError::TooLarge)?;
    Arc::clone(inflight)
        .try_acquire_many_owned(bytes)
        .map_err(|_| BodyError::Busy)
}

/// Runs work on a body: beside the async workers where the body is large.
pub(super) async fn work_on<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if bytes <= LARGE_BYTES {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), BodyError> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let encoding = encoding.to_str().unwrap_or("?");
        let message =
            format!("The encoding '{encoding}' is not supported; use gzip, deflate, br or zstd.");
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
        "The content type '{kind}' is not supported; send application/json."
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
