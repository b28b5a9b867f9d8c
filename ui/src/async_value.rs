//! A value that comes from a backend: not requested, pending, done or failed. While a new answer
//! is pending, and after a failure, the previous one stays readable.

use empmix_protocol::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;

use crate::{backend::Reply, text};

/// A value that comes from a backend.
#[derive(Debug, Default)]
pub enum AsyncValue<T> {
    /// Not requested yet.
    #[default]
    NotAsked,
    /// Requested; dropping it cancels the request.
    Pending {
        /// The answer before this one.
        previous: Option<T>,
        /// Where the answer arrives.
        reply: Reply,
        /// When the request was sent, in seconds of the frame clock.
        since_s: f64,
    },
    /// The answer.
    Done(T),
    /// The request failed.
    Failed {
        /// The answer before this one.
        previous: Option<T>,
        /// Why.
        error: ApiError,
    },
}

impl<T: DeserializeOwned> AsyncValue<T> {
    /// Waits for a new answer; a request that is under way is cancelled.
    pub fn ask(&mut self, reply: Reply, now_s: f64) {
        let previous = self.take();
        *self = Self::Pending {
            previous,
            reply,
            since_s: now_s,
        };
    }

    /// Takes the answer if it has arrived; returns whether it has.
    pub fn poll(&mut self) -> bool {
        let Self::Pending { reply, .. } = self else {
            return false;
        };
        let Some(answer) = reply.take() else {
            return false;
        };
        let read = answer.and_then(|json| {
            serde_json::from_slice(&json).map_err(|error| {
                let message = text!("backend-answer-unreadable", error = error.to_string());
                ApiError::new(ErrorCode::Internal, message)
            })
        });
        *self = match read {
            Ok(value) => Self::Done(value),
            Err(error) => Self::Failed {
                previous: self.take(),
                error,
            },
        };
        true
    }
}

impl<T> AsyncValue<T> {
    /// The latest answer, which may belong to an earlier request.
    pub fn latest(&self) -> Option<&T> {
        match self {
            Self::NotAsked => None,
            Self::Done(value) => Some(value),
            Self::Pending { previous, .. } | Self::Failed { previous, .. } => previous.as_ref(),
        }
    }

    /// Why the last request failed.
    pub fn error(&self) -> Option<&ApiError> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether a request is under way.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending { .. })
    }

    /// Seconds that the request has been under way; `None` when there is none.
    pub fn waiting_s(&self, now_s: f64) -> Option<f64> {
        match self {
            Self::Pending { since_s, .. } => Some(now_s - since_s),
            _ => None,
        }
    }

    /// Cancels the request; the previous answer stays.
    pub fn cancel(&mut self) {
        if self.is_pending() {
            *self = self.take().map_or(Self::NotAsked, Self::Done);
        }
    }

    fn take(&mut self) -> Option<T> {
        match std::mem::take(self) {
            Self::NotAsked => None,
            Self::Done(value) => Some(value),
            Self::Pending { previous, .. } | Self::Failed { previous, .. } => previous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::mailbox;

    #[test]
    fn the_previous_answer_stays_while_a_request_is_pending_and_after_a_failure() {
        let mut value = AsyncValue::<u32>::NotAsked;
        let (out, reply) = mailbox(1, || {});
        value.ask(reply, 1.0);
        assert_eq!(value.latest(), None);
        out.send(Ok(b"7".to_vec()));
        assert!(value.poll());
        assert_eq!(value.latest(), Some(&7));

        let (out, reply) = mailbox(1, || {});
        value.ask(reply, 2.0);
        assert_eq!(
            (value.latest(), value.waiting_s(5.0)),
            (Some(&7), Some(3.0))
        );
        out.send(Ok(br#""not a number""#.to_vec()));
        assert!(value.poll());
        assert_eq!(value.latest(), Some(&7));
        assert_eq!(
            value.error().map(|error| error.code),
            Some(ErrorCode::Internal)
        );
    }

    #[test]
    fn a_new_request_cancels_the_pending_one() {
        let mut value = AsyncValue::<u32>::NotAsked;
        let (first, reply) = mailbox(1, || {});
        value.ask(reply, 0.0);
        let (_second, reply) = mailbox(1, || {});
        value.ask(reply, 0.0);
        assert!(first.is_closed());
        value.cancel();
        assert!(matches!(value, AsyncValue::NotAsked));
    }
}
