//! The private API, as the console and its backends use it: calls, replies, error codes.
//!
//! [`endpoint`] is the list of everything that can be called; a [`Call`] is what the console calls of
//! it. No I/O; builds for wasm.

pub mod call;
pub mod endpoint;
pub mod error;
pub mod reply;
pub mod shell;
pub mod sse;
mod version;

pub use call::{Call, EventsQuery};
pub use endpoint::{Method, Request};
pub use error::{ApiError, ErrorBody, ErrorCode};
pub use version::{PROTOCOL_VERSION, mismatch};
