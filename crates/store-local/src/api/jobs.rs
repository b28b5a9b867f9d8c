//! `Jobs` of the store.

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
};
use empmix_store::{Jobs, StoreError};

use crate::{catalogue::jobs, store::LocalStore};

#[async_trait]
impl Jobs for LocalStore {
    async fn open_job(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError> {
        let number = self.shared.project(project)?.number;
        self.writer()?
            .run(
                move |connection| {
                    jobs::open(connection, id, number, kind, now)?;
                    jobs::read(connection, id)
                },
                |_, _| {},
            )
            .await
    }

    async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<JobState, StoreError> {
        let parts = parts.to_vec();
        self.writer()?
            .run(
                move |connection| jobs::accept(connection, job, &parts),
                |_, _| {},
            )
            .await
    }

    async fn set_job_state(
        &self,
        job: JobId,
        state: JobState,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.writer()?
            .run(
                move |connection| jobs::set_state(connection, job, state, error.as_deref()),
                |_, ()| {},
            )
            .await
    }

    /// Asked on the writer's thread: by then every batch that is committed is in memory too, so that
    /// what a job says is stored is in every answer.
    async fn job(&self, job: JobId) -> Result<Job, StoreError> {
        self.writer()?
            .run(move |connection| jobs::read(connection, job), |_, _| {})
            .await
    }
}
