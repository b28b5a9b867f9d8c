//! What is left of a body once its reader has seen enough.
//!
//! A client that is cut off while it sends never sees the answer, and one that keeps its connection
//! would send the next request into one that is closing. So what a refusal left unread is read and
//! thrown away, within bounds.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

/// How long, and how much, is read on.
const PATIENCE: Duration = Duration::from_secs(5);
const BYTES: usize = 64 << 20;

/// A body, and the hold on what its reader will leave of it.
pub(super) fn share(body: Body) -> (Shared, Rest) {
    let state = Arc::new(Mutex::new(State { body, begun: false }));
    (Shared(state.clone()), Rest(state))
}

struct State {
    body: Body,
    /// Whether anybody has asked for its bytes.
    begun: bool,
}

/// The reader's side.
pub(super) struct Shared(Arc<Mutex<State>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.begun = true;
        Pin::new(&mut state.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.body.size_hint()
    }
}

/// The hold on what is left.
pub(super) struct Rest(Arc<Mutex<State>>);

impl Rest {
    /// Reads to the end; `false` where that was not reached. A client that waits for our word
    /// before it sends (`Expect: 100-continue`) is not asked for a body that is not read.
    pub(super) async fn drain(self, waits_for_us: bool) -> bool {
        let Some(state) = Arc::into_inner(self.0) else {
            return false;
        };
        let State { mut body, begun } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if waits_for_us && !begun {
            return body.is_end_stream();
        }
        let read_on = async {
            let mut bytes = 0;
            while bytes < BYTES {
                match body.frame().await {
                    None => return true,
                    Some(Ok(frame)) => bytes += frame.data_ref().map_or(0, Bytes::len),
                    Some(Err(_)) => return false,
                }
            }
            false
        };
        tokio::time::timeout(PATIENCE, read_on)
            .await
            .unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_read_is_read_on_unless_the_client_waits() {
        let (mut reader, rest) = share(Body::from("text"));
        reader.frame().await.unwrap().unwrap();
        drop(reader);
        assert!(rest.drain(true).await, "it was begun");
        let (reader, rest) = share(Body::from("text"));
        drop(reader);
        assert!(!rest.drain(true).await);
        let (reader, rest) = share(Body::from("text"));
        drop(reader);
        assert!(rest.drain(false).await);
    }

    #[tokio::test]
    async fn what_has_no_end_is_given_up() {
        let zeros = Bytes::from(vec![0; 1 << 20]);
        let endless = futures::stream::repeat_with(move || Ok::<_, std::io::Error>(zeros.clone()));
        let (reader, rest) = share(Body::from_stream(endless));
        drop(reader);
        assert!(!rest.drain(false).await);
    }
}
