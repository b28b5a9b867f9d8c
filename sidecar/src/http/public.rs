//! The public API: what apps send. A `200` means that the broker has it durably.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, post},
};
use empmix_broker::{Broker, BrokerError, Message, Queue};
use empmix_ingest::{
    Decoded, Refusal, RefusalKind, RequestContext, identify, json, pack, pack::EnvelopeHeader,
    track,
};
use empmix_model::envelope::{Envelope, Source};
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::{Shared, body, body::BodyError, cors, decompress};
use crate::{
    access::{Grant, KeyStatus},
    machine,
};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/public/track", post(take_track))
        .route("/track", post(take_track))
        .route("/public/identify", post(take_identify))
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(decompress::body))
        .layer(middleware::from_fn(body::limit_encoded))
        .layer(middleware::from_fn(cors::any_origin))
        .route("/public/{*rest}", any(unknown))
}

async fn take_track(
    State(app): State<Shared>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, PublicError> {
    take(&app, &headers, request, Source::Track, track::decode).await
}

async fn take_identify(
    State(app): State<Shared>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, PublicError> {
    take(&app, &headers, request, Source::Identify, identify::decode).await
}

async fn unknown() -> PublicError {
    PublicError::NotFound
}

async fn wrong_method() -> PublicError {
    PublicError::WrongMethod
}

/// How a body is read.
type Decode = fn(&json::Body<'_>, &mut RequestContext<'_>) -> Result<Decoded, Refusal>;

/// Checks the key, reads the body, decodes it and publishes what it holds.
async fn take(
    app: &Shared,
    headers: &HeaderMap,
    request: Request,
    source: Source,
    decode: Decode,
) -> Result<Response, PublicError> {
    if let Some(reason) = app.alarm.reason() {
        return Err(PublicError::Unavailable(reason.to_owned()));
    }
    let received_at = machine::now();
    let mut reader = body::Reader::new(request)?;
    let grant = match headers.get("x-api-key") {
        Some(key) => grant(app, key.to_str().unwrap_or_default()).await?,
        None => {
            let key = key_of(reader.beginning(&app.strangers).await?)?;
            grant(app, &key).await?
        }
    };
    let read = reader.whole(&app.inflight).await?;
    let header = EnvelopeHeader {
        project: grant.project,
        received_at,
        source,
        job: None,
    };
    let bytes = read.bytes.clone();
    let decoded = body::work_on(bytes.len(), move || {
        let mut random_id = machine::random_hex::<16>;
        let mut context = RequestContext {
            received_at,
            authority: grant.authority,
            source,
            random_id: &mut random_id,
        };
        decode(&json::Body::of(&bytes)?, &mut context)
    });
    publish(app, header, decoded.await?).await
}

/// The key in the beginning of a body.
fn key_of(beginning: &[u8]) -> Result<String, PublicError> {
    if let Some(key) = json::api_key(beginning) {
        return Ok(key);
    }
    let is_whole = beginning.len() < body::STRANGER_BYTES;
    if is_whole && !beginning.trim_ascii().is_empty() {
        // A body that is not JSON is refused as such.
        json::Body::of(beginning)?;
    }
    Err(PublicError::NoKey)
}

async fn grant(app: &Shared, key: &str) -> Result<Grant, PublicError> {
    match app.keys.find(key, app.service.store.as_ref()).await {
        KeyStatus::Known(grant) => Ok(grant),
        KeyStatus::Unknown => Err(PublicError::UnknownKey),
        KeyStatus::NotNow => Err(PublicError::Unavailable(
            "the store is unreachable, and this key may be stored there".into(),
        )),
    }
}

async fn publish(
    app: &Shared,
    header: EnvelopeHeader,
    decoded: Decoded,
) -> Result<Response, PublicError> {
    let (accepted, rejected, retry_safe) = (decoded.accepted, decoded.rejected, decoded.retry_safe);
    let envelopes = pack(header, decoded.units, uuid::Uuid::now_v7);
    publish_all(app.service.broker.as_ref(), &envelopes)
        .await
        .map_err(|error| broker_failed(app, &error))?;
    let listed: Vec<Value> = rejected
        .iter()
        .map(|r| json!({"index": r.index, "type": r.refusal.kind.name(), "message": r.refusal.message}))
        .collect();
    if accepted == 0
        && let Some(first) = rejected.into_iter().next()
    {
        return Err(PublicError::AllRefused {
            first: first.refusal,
            listed,
        });
    }
    let mut reply = json!({"status": 1, "error": null, "accepted": accepted, "rejected": listed});
    if !retry_safe {
        reply["retry_safe"] = Value::Bool(false);
    }
    Ok(Json(reply).into_response())
}

/// Publishes envelopes at once and waits until the broker has all of them durably.
pub(super) async fn publish_all(
    broker: &dyn Broker,
    envelopes: &[Envelope],
) -> Result<(), BrokerError> {
    let publishes = envelopes.iter().map(async |envelope| {
        let body = serde_json::to_vec(envelope)
            .map_err(|error| BrokerError::Unavailable(error.to_string()))?;
        broker
            .publish(
                Queue::Events,
                Message {
                    id: envelope.message_id,
                    body: body.into(),
                },
            )
            .await
    });
    try_join_all(publishes).await.map(drop)
}

/// A failed disk ends the process; everything else may pass.
pub(super) fn broker_failed(app: &Shared, error: &BrokerError) -> PublicError {
    if let BrokerError::Storage(reason) = error {
        app.alarm.raise(reason);
    }
    PublicError::Unavailable(error.to_string())
}

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
    fn parts(&self) -> (StatusCode, &'static str, String, Option<&str>) {
        use StatusCode as S;
        const INVALID: &str = "invalid_request_error";
        match self {
            Self::NoKey => {
                let message = "An API key is required: send it as the 'x-api-key' header or as 'apiKey' in the body.";
                (
                    S::UNAUTHORIZED,
                    "authentication_error",
                    message.into(),
                    Some("apiKey"),
                )
            }
            Self::UnknownKey => (
                S::UNAUTHORIZED,
                "authentication_error",
                "This API key is not known.".into(),
                Some("apiKey"),
            ),
            Self::Refused(refusal) | Self::AllRefused { first: refusal, .. } => {
                let status = match refusal.kind {
                    RefusalKind::Invalid => S::BAD_REQUEST,
                    RefusalKind::TooLarge => S::PAYLOAD_TOO_LARGE,
                };
                (
                    status,
                    refusal.kind.name(),
                    refusal.message.clone(),
                    refusal.param.as_deref(),
                )
            }
            Self::Body(BodyError::TooLarge) => {
                let message = format!(
                    "The body is larger than {} bytes.",
                    empmix_model::limits::BODY_BYTES
                );
                (
                    S::PAYLOAD_TOO_LARGE,
                    "payload_too_large_error",
                    message,
                    None,
                )
            }
            Self::Body(BodyError::Busy) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable_error",
                "Too many requests are in flight.".into(),
                None,
            ),
            Self::Body(BodyError::Broken) => (
                S::BAD_REQUEST,
                INVALID,
                "The request body is incomplete, or its compression is damaged.".into(),
                None,
            ),
            Self::Body(BodyError::Late) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable_error",
                "The body did not arrive in time; send it again with the same ids.".into(),
                None,
            ),
            Self::Body(BodyError::Unsupported(message)) => {
                (S::UNSUPPORTED_MEDIA_TYPE, INVALID, message.clone(), None)
            }
            Self::Unavailable(reason) => {
                let message = format!(
                    "The events could not be stored now ({reason}); send them again with the same ids."
                );
                (S::SERVICE_UNAVAILABLE, "unavailable_error", message, None)
            }
            Self::NotFound => (
                S::NOT_FOUND,
                "not_found_error",
                "There is no such endpoint.".into(),
                None,
            ),
            Self::WrongMethod => (
                S::METHOD_NOT_ALLOWED,
                INVALID,
                "This endpoint takes POST.".into(),
                None,
            ),
        }
    }
}

impl IntoResponse for PublicError {
    fn into_response(self) -> Response {
        let (status, kind, message, param) = self.parts();
        let mut body = json!({"status": 0, "error": {"type": kind, "message": message}});
        if let Some(param) = param {
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
