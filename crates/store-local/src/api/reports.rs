//! `Reports` of the store.

use std::sync::Arc;

use async_trait::async_trait;
use empmix_model::{EpochMs, ids::ProjectId, stored::EventSchema};
use empmix_query::{answer::Answer, report::Report};
use empmix_store::{ReadError, Reports, StoreError};
use serde_json::Value;

use crate::{
    memory::summary::Summary,
    store::{LocalStore, engine_error},
};

#[async_trait]
impl Reports for LocalStore {
    async fn query(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError> {
        self.answer(project, report.clone(), now).await
    }

    async fn explain(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Value, ReadError> {
        self.plan(project, report.clone(), now).await
    }

    async fn schema(&self, project: ProjectId) -> Result<Vec<EventSchema>, StoreError> {
        self.read_rows(project, |view| {
            let summaries: Vec<Arc<Summary>> = view
                .rows
                .iter()
                .map(|rows| rows.summary())
                .collect::<Result<_, _>>()
                .map_err(engine_error)?;
            let summaries = summaries.iter().map(Arc::as_ref);
            Ok(Summary::schema(summaries, &view.snapshot.event_names))
        })
        .await
    }
}
