//! What the window may ask of the shell.

use std::time::Duration;

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, Call, ErrorBody, ErrorCode,
    call::Method,
    shell::{LiveMessage, ShellState},
};
use serde_json::Value;
use tauri::{State, ipc::Channel};

use crate::{live::LiveStreams, supervisor::Supervisor};

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the commands share.
pub(crate) struct Shell {
    pub(crate) supervisor: Supervisor,
    pub(crate) http: reqwest::Client,
    pub(crate) live: LiveStreams,
}

/// Forwards a call to the sidecar.
#[tauri::command]
pub(crate) async fn call(shell: State<'_, Shell>, call: Call) -> Result<Value, ApiError> {
    let endpoint = shell.supervisor.endpoint().map_err(disconnected)?;
    let request = call.request();
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = shell
        .http
        .request(method, format!("{}{}", endpoint.url, request.path))
        .timeout(DEADLINE);
    if let Some(body) = &request.body {
        builder = builder.json(body);
    }
    let response = builder
        .bearer_auth(&endpoint.token)
        .send()
        .await
        .map_err(|error| disconnected(error.without_url()))?;
    let good = response.status().is_success();
    let bytes = response
        .bytes()
        .await
        .map_err(|error| disconnected(error.without_url()))?;
    if good {
        return serde_json::from_slice(&bytes).map_err(unreadable);
    }
    Err(serde_json::from_slice::<ErrorBody>(&bytes).map_or_else(unreadable, |body| body.error))
}

/// Follows what arrives in a project; answers with the stream's number.
#[tauri::command]
pub(crate) async fn live_start(
    shell: State<'_, Shell>,
    project: ProjectId,
    channel: Channel<LiveMessage>,
) -> Result<u32, ApiError> {
    let endpoint = shell.supervisor.endpoint().map_err(disconnected)?;
    shell
        .live
        .start(shell.http.clone(), &endpoint, project, channel)
}

/// Stops following.
#[tauri::command]
pub(crate) fn live_stop(shell: State<'_, Shell>, id: u32) {
    shell.live.stop(id);
}

/// How the sidecar is.
#[tauri::command]
pub(crate) fn shell_state(shell: State<'_, Shell>) -> ShellState {
    shell.supervisor.state()
}

/// The sidecar could not be reached.
pub(crate) fn disconnected(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::Disconnected, error.to_string())
}

fn unreadable(error: serde_json::Error) -> ApiError {
    ApiError::new(
        ErrorCode::Internal,
        format!("The sidecar's reply cannot be read: {error}."),
    )
}
