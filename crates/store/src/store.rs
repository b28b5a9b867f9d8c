//! The whole store, as a process holds it.

use async_trait::async_trait;
use empmix_query::answer::Engine;

use crate::{
    Catalogue, DeadLetters, EventLog, EventSink, Identity, Jobs, Records, Reports, StoreError,
    Warnings,
};

/// What the consumer needs of a store.
#[async_trait]
pub trait Sink: EventSink + DeadLetters {
    /// Whether it can be reached now; the reason as text if not. `Storage` says that it can do nothing
    /// until it is opened again.
    async fn check(&self) -> Result<(), StoreError>;
}

/// Everything that is kept. All methods may be called from many tasks at once and end within a
/// deadline.
#[async_trait]
pub trait Store:
    Sink + Reports + EventLog + Identity + Warnings + Catalogue + Records + Jobs + Send + Sync
{
    /// Which engine answers.
    fn engine(&self) -> Engine;

    /// Finishes what is under way and closes.
    async fn close(&self);
}
