//! `Reports` of the store.

use async_trait::async_trait;
use empmix_model::{EpochMs, ids::ProjectId, stored::EventSchema};
use empmix_query::{answer::Answer, report::Report};
use empmix_store::{ReadError, Reports, StoreError};
use serde_json::Value;

use crate::MongoStore;

#[async_trait]
impl Reports for MongoStore {
    async fn query(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError> {
        self.ready().await?;
        self.answer(project, report, now).await
    }

    async fn explain(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Value, ReadError> {
        self.ready().await?;
        self.pipelines(project, report, now).await
    }

    async fn schema(&self, project: ProjectId) -> Result<Vec<EventSchema>, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.names_and_properties(project).await
    }
}
