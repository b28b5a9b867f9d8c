//! The whole store, as a process holds it.

use async_trait::async_trait;
use empmix_query::answer::Engine;

use crate::{
    Catalogue, EventLog, EventSink, Identity, Jobs, Records, Reports, StoreError, Warnings,
};

/// Everything that is kept. All methods may be called from many tasks at once and end within a
/// deadline.
#[async_trait]
pub trait Store:
    EventSink + Reports + EventLog + Identity + Warnings + Catalogue + Records + Jobs + Send + Sync
{
    /// Which engine answers.
    fn engine(&self) -> Engine;

    /// Whether it can be reached now; the reason as text if not.
    async fn check(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and closes.
    async fn close(&self);
}
