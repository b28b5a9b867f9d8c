//! The backend over HTTP: a sidecar that also served this page.

use std::rc::Rc;

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, Call, ErrorCode, Request,
    call::LiveQuery,
    endpoint,
    shell::{LiveMessage, ShellState},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use super::{begin, fetch, hidden::until_hidden, login};
use crate::{
    backend::{
        Backend, BackendKind, Inbox, LIVE_QUEUE, LiveStream, Outbox, Reply, mailbox, sse::SseReader,
    },
    text,
};

/// A sidecar over HTTP.
pub(super) struct Http {
    token: Option<Rc<str>>,
    wake: Rc<dyn Fn()>,
}

impl Http {
    /// The sidecar that served this page; every call fails without a token.
    pub(super) fn new(token: Option<String>, wake: Rc<dyn Fn()>) -> Self {
        let token = token.map(Rc::from);
        Self { token, wake }
    }

    fn mailbox<T: 'static>(&self, capacity: usize) -> (Outbox<T>, Inbox<T>) {
        let wake = Rc::clone(&self.wake);
        mailbox(capacity, move || wake())
    }
}

impl Backend for Http {
    fn kind(&self) -> BackendKind {
        BackendKind::Http
    }

    fn call(&self, call: Call) -> Reply {
        let (outbox, inbox) = self.mailbox(1);
        let Some(token) = self.token.clone() else {
            outbox.send(Err(signed_out()));
            return inbox;
        };
        let abort = abort_with(&outbox);
        begin(async move {
            let signal = abort.as_ref().map(AbortController::signal);
            let answer = fetch::call(&call.request(), Some(&token), signal.as_ref()).await;
            if matches!(&answer, Err(error) if error.code == ErrorCode::Unauthorized) {
                login::forget();
            }
            outbox.send(answer);
        });
        inbox
    }

    fn live(&self, project: ProjectId) -> LiveStream {
        let (outbox, inbox) = self.mailbox(LIVE_QUEUE);
        let (Some(token), Some(abort)) = (self.token.clone(), abort_with(&outbox)) else {
            outbox.send(LiveMessage::Closed(signed_out()));
            return inbox;
        };
        until_hidden(&outbox);
        let request = endpoint::LIVE.request(&[&project.to_string()], &LiveQuery::default());
        spawn_local(async move {
            let ended = read_live(&request, &token, &abort, &outbox).await;
            let error = ended.err().unwrap_or_else(|| {
                ApiError::new(ErrorCode::Disconnected, text!("backend-stream-ended"))
            });
            outbox.send(LiveMessage::Closed(error));
        });
        inbox
    }

    fn shell_state(&self) -> Option<Inbox<Result<ShellState, ApiError>>> {
        None
    }
}

async fn read_live(
    request: &Request,
    token: &str,
    abort: &AbortController,
    outbox: &Outbox<LiveMessage>,
) -> Result<(), ApiError> {
    let stream = fetch::open(request, Some(token), &abort.signal()).await?;
    outbox.send(LiveMessage::Open);
    let mut reader = SseReader::default();
    while let Some(chunk) = fetch::next_chunk(&stream).await? {
        for message in reader.feed(&chunk) {
            outbox.send(message);
        }
    }
    Ok(())
}

/// Aborts the request when its reply is no longer awaited.
fn abort_with<T: 'static>(outbox: &Outbox<T>) -> Option<AbortController> {
    let controller = AbortController::new().ok()?;
    let abort = controller.clone();
    outbox.on_close(move || abort.abort());
    Some(controller)
}

fn signed_out() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized, text!("backend-signed-out"))
}
