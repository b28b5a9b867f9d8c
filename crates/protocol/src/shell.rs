//! What the console and the desktop's shell say to each other beyond the calls of the API.
//!
//! The shell's commands: `call {request}` ([`Request`](crate::Request)) → the bytes of the sidecar's
//! answer, which the shell does not read, or a [`CallFailure`]; `live_start {project, channel}` → a
//! number, with [`LiveMessage`]s on the channel until `live_stop {id}`;
//! `shell_state` → [`ShellState`].

use empmix_model::stored::LiveItem;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// What comes through a live channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum LiveMessage {
    /// The stream is open; items follow.
    Open,
    /// Something was stored.
    Item(LiveItem),
    /// The reader was too slow: so many items were dropped, oldest first.
    Lagged(u64),
    /// The stream ended; nothing follows. The reader opens another one.
    Closed(ApiError),
}

/// How the shell's sidecar is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellState {
    /// The process.
    pub sidecar: SidecarState,
    /// The URL that SDKs send to, once it is known.
    pub url: Option<String>,
}

/// The state of the sidecar's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "message", rename_all = "snake_case")]
pub enum SidecarState {
    /// It was started and is not ready yet.
    Starting,
    /// It answers.
    Running,
    /// It could not be started, or it stopped; why, and what to do, for a person.
    Failed(String),
}

/// Why a call that the window gave to the shell has no good answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallFailure {
    /// The sidecar was not reached, or the shell does not forward such a request.
    NotSent(ApiError),
    /// The sidecar answered with an error; the shell has not read it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The body as it came.
        body: String,
    },
}
