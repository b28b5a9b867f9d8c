//! What the console and its backends say to each other: calls, replies, error codes.
//!
//! A [`Call`] is typed; [`Call::request`] is the one place that knows its route. The HTTP backend
//! and the desktop's shell both go through it, so the two can never disagree. No I/O; builds for
//! wasm.

pub mod call;
pub mod error;
pub mod reply;
pub mod shell;
pub mod sse;

pub use call::{Call, EventsQuery, Method, Request};
pub use error::{ApiError, ErrorBody, ErrorCode};
