//! `Jobs` of the store.

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
    envelope::JobPart,
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
};
use empmix_store::{Jobs, StoreError};

use crate::MongoStore;

#[async_trait]
impl Jobs for MongoStore {
    async fn open_job(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.open(id, project, kind, now).await
    }

    async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<JobState, StoreError> {
        self.ready().await?;
        let parts: Vec<_> = parts
            .iter()
            .map(|part| JobPart { job, part: *part })
            .collect();
        let state = self.job_state(job).await?;
        self.mark_parts(&parts, "accepted").await?;
        Ok(state)
    }

    async fn set_job_state(
        &self,
        job: JobId,
        state: JobState,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.ready().await?;
        self.move_job(job, state, error).await
    }

    async fn job(&self, job: JobId) -> Result<Job, StoreError> {
        self.ready().await?;
        self.progress(job).await
    }
}
