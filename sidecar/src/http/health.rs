//! Alive, and ready.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::Shared;

/// The process answers.
pub(super) async fn alive() -> Response {
    Json(json!({"status": "alive"})).into_response()
}

/// The process can keep the promise; 503 with a reason while it cannot.
pub(super) async fn ready(State(app): State<Shared>) -> Response {
    let missing = app.missing().await;
    if missing.is_empty() {
        let mut body = json!({"status": "ready"});
        let set_aside = app.set_aside.reasons();
        if !set_aside.is_empty() {
            let listed = set_aside
                .iter()
                .map(|(project, reason)| json!({"project": project, "reason": reason}));
            body["set_aside"] = listed.collect();
        }
        return Json(body).into_response();
    }
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(json!({"status": "not_ready", "reason": missing.join("; ")})),
    )
        .into_response()
}
