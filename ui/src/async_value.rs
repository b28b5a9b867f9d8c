//! A value that comes from a backend: not asked for, pending, done or failed. While a new answer
//! is on its way, and after a failure, the former one stays readable.

use empmix_protocol::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;

use crate::backend::Reply;

/// A value that comes from a backend.
#[derive(Debug, Default)]
pub enum AsyncValue<T> {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// Asked; dropping it cancels the request.
    Pending {
        /// The answer before this one.
        previous: Option<T>,
        /// Where the answer arrives.
        reply: Reply,
        /// When it was asked, in seconds of the frame clock.
        since_s: f64,
    },
    /// Answered.
    Done(T),
    /// It went wrong.
    Failed {
        /// The answer before this one.
        previous: Option<T>,
        /// Why.
        error: ApiError,
    },
}

impl<T: DeserializeOwned> AsyncValue<T> {
    /// Asks anew; a request that is under way is cancelled.
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
        let read = answer.and_then(|value| {
            serde_json::from_value(value).map_err(|error| {
                let message = format!("the answer could not be read: {error}");
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
    /// The latest answer that there is, be it old.
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

    /// Whether an answer is awaited.
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

    /// Gives up on the request; the former answer stays.
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
    use serde_json::json;

    use super::*;
    use crate::backend::mailbox;

    #[test]
    fn the_former_answer_stays_while_the_next_is_awaited_and_after_a_failure() {
        let mut value = AsyncValue::<u32>::NotAsked;
        let (out, reply) = mailbox(1, || {});
        value.ask(reply, 1.0);
        assert_eq!(value.latest(), None);
        out.send(Ok(json!(7)));
        assert!(value.poll());
        assert_eq!(value.latest(), Some(&7));

        let (out, reply) = mailbox(1, || {});
        value.ask(reply, 2.0);
        assert_eq!(
            (value.latest(), value.waiting_s(5.0)),
            (Some(&7), Some(3.0))
        );
        out.send(Ok(json!("no number")));
        assert!(value.poll());
        assert_eq!(value.latest(), Some(&7));
        assert_eq!(
            value.error().map(|error| error.code),
            Some(ErrorCode::Internal)
        );
    }

    #[test]
    fn asking_again_cancels_what_was_asked() {
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
