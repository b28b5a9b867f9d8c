//! The console's operations, one function each, over a store and a broker.
//!
//! The private API calls them. Errors are the protocol's closed set of codes, mapped in one place
//! ([`error`]). It must not know HTTP.

pub mod error;
pub mod events;
pub mod jobs;
pub mod projects;
pub mod reports;

use std::sync::Arc;

use empmix_broker::Broker;
use empmix_model::EpochMs;
use empmix_store::Store;

/// What the operations work on.
#[derive(Clone)]
pub struct Service {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Where events wait.
    pub broker: Arc<dyn Broker>,
    /// The clock.
    pub clock: fn() -> EpochMs,
    /// Fresh randomness for ids and keys.
    pub random: fn() -> [u8; 16],
}
