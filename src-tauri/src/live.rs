//! Live items: from the sidecar's server-sent events into a channel of the window.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, ErrorBody, ErrorCode,
    endpoint::LIVE,
    shell::LiveMessage,
    sse::{self, SseReader},
};
use futures::StreamExt;
use tauri::{async_runtime::JoinHandle, ipc::Channel};

use crate::{commands::disconnected, supervisor::SidecarAddress};

/// Streams at a time.
const STREAMS: usize = 8;
/// After this silence the stream counts as closed.
const SILENCE: Duration = sse::KEEP_ALIVE.saturating_mul(10);

/// The streams that are open.
#[derive(Clone, Default)]
pub(crate) struct LiveStreams(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    last_id: u32,
    tasks: HashMap<u32, JoinHandle<()>>,
}

impl LiveStreams {
    /// Opens a stream and answers with its number.
    pub(crate) fn start(
        &self,
        http: reqwest::Client,
        address: &SidecarAddress,
        project: ProjectId,
        channel: Channel<LiveMessage>,
    ) -> Result<u32, ApiError> {
        let mut open = self.open();
        if open.tasks.len() >= STREAMS {
            return Err(ApiError::new(
                ErrorCode::Conflict,
                "Too many live views are open.",
            ));
        }
        open.last_id += 1;
        let id = open.last_id;
        let path = LIVE.route.with_ids(&[&project.to_string()]);
        let request = http
            .get(format!("{}{path}", address.url))
            .bearer_auth(&address.token);
        let streams = self.clone();
        let task = tauri::async_runtime::spawn(async move {
            let error = follow(request, &channel).await;
            let _ = channel.send(LiveMessage::Closed(error));
            streams.open().tasks.remove(&id);
        });
        open.tasks.insert(id, task);
        Ok(id)
    }

    /// Ends a stream.
    pub(crate) fn stop(&self, id: u32) {
        if let Some(task) = self.open().tasks.remove(&id) {
            task.abort();
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on what comes; returns why it ended.
async fn follow(request: reqwest::RequestBuilder, channel: &Channel<LiveMessage>) -> ApiError {
    let response = match request.send().await {
        Ok(response) if response.status().is_success() => response,
        Ok(refused) => return refusal(refused).await,
        Err(error) => return disconnected(error.without_url()),
    };
    let mut reader = SseReader::default();
    let mut chunks = response.bytes_stream();
    if channel.send(LiveMessage::Open).is_err() {
        return disconnected("The window is gone");
    }
    while let Ok(Some(Ok(chunk))) = tokio::time::timeout(SILENCE, chunks.next()).await {
        for message in reader.feed(&chunk) {
            if channel.send(message).is_err() {
                return disconnected("The window is gone");
            }
        }
    }
    disconnected("The sidecar ended the live stream")
}

/// What an answer with an error status says.
async fn refusal(answer: reqwest::Response) -> ApiError {
    let status = answer.status().as_u16();
    match answer.json::<ErrorBody>().await {
        Ok(body) => body.error,
        Err(_) => ApiError::new(
            ErrorCode::of_status(status),
            format!("The sidecar answered with status {status}."),
        ),
    }
}
