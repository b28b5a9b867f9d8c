//! `EventSink` of the store.

use async_trait::async_trait;
use empmix_store::{Batch, EventSink, StoreError, Written};

use crate::MongoStore;

#[async_trait]
impl EventSink for MongoStore {
    async fn write(&self, batch: Batch) -> Result<Written, StoreError> {
        self.ready().await?;
        self.write_batch(&batch).await
    }
}
