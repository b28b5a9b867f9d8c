//! What the whole-system tests share: real servers on private ports, and real processes.
//!
//! Everything that is started here dies with the test: each guard kills its process on drop, and
//! the kernel kills it when the test itself is killed.

#![allow(
    clippy::expect_used,
    reason = "a failure here fails a test with its reason"
)]

/// The option of JavaScriptCore that the app sets, as in `src-tauri/src/environment.rs`; a test of the
/// window checks in the app's log that they are the same.
pub const GUARD_OF_THE_APP: (&str, &str) = ("JSC_useBBQJIT", "0");

pub mod browser;
pub mod desk;
pub mod duckdb;
mod evidence;
mod gestures;
mod guard;
pub mod mongo_store;
pub mod mongod;
pub mod picture;
#[cfg(target_os = "linux")]
pub mod power;
pub mod rabbitmq;
mod session_bus;
pub mod sidecar;
pub mod spawn;

pub use empmix_store::contract::repository;
