//! What answers the console: the desktop's shell, a sidecar over HTTP, or canned data.
//!
//! Nothing here blocks: a call gives an inbox that the frame looks into, and the task that fills it
//! wakes the frame.

#[cfg(any(test, feature = "fake-backend"))]
pub mod fake;
mod mailbox;

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, Call,
    shell::{LiveMessage, ShellState},
};

pub use empmix_protocol::sse;
pub use mailbox::{Inbox, Outbox, mailbox};

/// Where the one answer of a call arrives, as JSON that is not read yet. Dropping it cancels the call.
pub type Reply = Inbox<Result<Vec<u8>, ApiError>>;
/// Where live items arrive. Dropping it ends the stream.
pub type LiveStream = Inbox<LiveMessage>;
/// Items that wait for a frame at most; beyond it the oldest are dropped and counted.
pub const LIVE_QUEUE: usize = 1000;

/// Who answers the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendKind {
    /// The desktop's shell, which forwards to its own sidecar.
    Desktop,
    /// A sidecar over HTTP.
    Http,
    /// Canned data.
    Fake,
}

/// Answers the console.
pub trait Backend {
    /// Who it is.
    fn kind(&self) -> BackendKind;
    /// Starts a call.
    fn call(&self, call: Call) -> Reply;
    /// Opens a project's live stream. It ends with [`LiveMessage::Closed`].
    fn live(&self, project: ProjectId) -> LiveStream;
    /// How the desktop's sidecar is; `None` where there is no shell.
    fn shell_state(&self) -> Option<Inbox<Result<ShellState, ApiError>>>;
}
