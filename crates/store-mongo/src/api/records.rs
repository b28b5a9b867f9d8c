//! `Records` of the store.

use async_trait::async_trait;
use empmix_model::{EpochMs, ids::ProjectId};
use empmix_store::{Record, RecordKey, RecordKind, Records, StoreError, records::page_limit};
use serde_json::Value;

use crate::MongoStore;

#[async_trait]
impl Records for MongoStore {
    async fn create_record(
        &self,
        key: RecordKey,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError> {
        self.ready().await?;
        key.check()?;
        self.known(key.project).await?;
        self.create_record_of(key, body, now).await
    }

    async fn update_record(
        &self,
        key: RecordKey,
        version: i64,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError> {
        self.ready().await?;
        self.known(key.project).await?;
        self.update_record_of(key, version, body, now).await
    }

    async fn delete_record(&self, key: RecordKey, version: i64) -> Result<(), StoreError> {
        self.ready().await?;
        self.known(key.project).await?;
        self.delete_record_of(key, version).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Record, StoreError> {
        self.ready().await?;
        self.known(key.project).await?;
        self.record_of(key).await
    }

    async fn records(
        &self,
        project: ProjectId,
        kind: RecordKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        let limit = i64::try_from(page_limit(limit)).unwrap_or(i64::MAX);
        self.records_of(project, kind, after, limit).await
    }
}
