//! `EventSink` of the store.

use async_trait::async_trait;
use empmix_store::{Batch, EventSink, StoreError, Written};

use super::blocking;
use crate::{store::LocalStore, write::prepare::PreparedBatch};

#[async_trait]
impl EventSink for LocalStore {
    async fn write(&self, batch: Batch) -> Result<Written, StoreError> {
        self.shared.project(batch.project)?;
        let writer = self.writer()?;
        let prepared = blocking(move || Ok(PreparedBatch::of(batch))).await?;
        writer.write(prepared).await
    }
}
