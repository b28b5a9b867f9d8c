//! The public API: what apps send. A `200` means that the broker has it durably.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::HeaderMap,
    middleware,
    response::{IntoResponse, Response},
    routing::{any, post},
};
use empmix_broker::{Broker, BrokerError, Message, Queue};
use empmix_ingest::{
    Decoded, Refusal, RequestContext, identify, json, pack, pack::EnvelopeHeader, track,
};
use empmix_model::envelope::{Envelope, Source};
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::{Shared, body, cors, decompress, public_error::PublicError};
use crate::{
    keys::{Grant, KeyStatus},
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
