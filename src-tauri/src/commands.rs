//! What the window may ask of the shell.

use std::time::Duration;

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, ErrorCode, Request,
    endpoint::Route,
    shell::{CallFailure, LiveMessage, ShellState},
};
use tauri::{
    State,
    ipc::{self, Channel},
};

use crate::{live::LiveStreams, supervisor::Supervisor};

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the commands share.
pub(crate) struct Shell {
    pub(crate) supervisor: Supervisor,
    pub(crate) http: reqwest::Client,
    pub(crate) live: LiveStreams,
}

/// Forwards a request to the sidecar if it is one of the private API, and passes on the bytes of its
/// answer.
#[tauri::command]
pub(crate) async fn call(
    shell: State<'_, Shell>,
    request: Request,
) -> Result<ipc::Response, CallFailure> {
    if Route::find(request.method, &request.path).is_none() {
        let message = "The private API has no such endpoint.";
        return Err(CallFailure::NotSent(ApiError::new(
            ErrorCode::NotFound,
            message,
        )));
    }
    let address = shell.supervisor.address().await.map_err(not_sent)?;
    let mut forwarded = shell
        .http
        .request(
            request.method.as_http(),
            format!("{}{}", address.url, request.path),
        )
        .timeout(DEADLINE)
        .bearer_auth(&address.token);
    if let Some(body) = request.body {
        forwarded = forwarded
            .header("content-type", "application/json")
            .body(body);
    }
    let response = forwarded.send().await.map_err(lost)?;
    let status = response.status();
    if status.is_success() {
        let bytes = response.bytes().await.map_err(lost)?;
        return Ok(ipc::Response::new(bytes.to_vec()));
    }
    Err(CallFailure::Refused {
        status: status.as_u16(),
        body: response.text().await.map_err(lost)?,
    })
}

fn lost(error: reqwest::Error) -> CallFailure {
    not_sent(error.without_url())
}

fn not_sent(error: impl std::fmt::Display) -> CallFailure {
    CallFailure::NotSent(disconnected(error))
}

/// Follows what arrives in a project; answers with the stream's number.
#[tauri::command]
pub(crate) async fn live_start(
    shell: State<'_, Shell>,
    project: ProjectId,
    channel: Channel<LiveMessage>,
) -> Result<u32, ApiError> {
    let address = shell.supervisor.address().await.map_err(disconnected)?;
    shell
        .live
        .start(shell.http.clone(), &address, project, channel)
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
