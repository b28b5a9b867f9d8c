//! The private API, as the console and its backends use it: calls, replies, error codes.
//!
//! A [`Call`] is typed; [`Call::request`] is the only place that knows its route. The HTTP backend
//! and the desktop's shell both use it. No I/O; builds for
//! wasm.

pub mod call;
pub mod error;
pub mod reply;
pub mod shell;
pub mod sse;
mod version;

pub use call::{Call, EventsQuery, Method, Request};
pub use error::{ApiError, ErrorBody, ErrorCode};
pub use version::{PROTOCOL_VERSION, mismatch};
