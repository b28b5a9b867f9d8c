//! Long work and its progress.

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
};

use crate::StoreError;

/// Keeps jobs. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Makes a job, or returns the one that has this id.
    async fn open_job(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError>;

    /// Adds parts to those that the broker accepted. Adding one twice changes nothing. Returns the
    /// state that the job was last moved to.
    async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<JobState, StoreError>;

    /// Moves a job to a state; one that was cancelled or has failed stays as it is. A job that is
    /// `Closing` becomes `Done` by itself once every accepted part is stored; `job` returns the new
    /// state.
    async fn set_job_state(
        &self,
        job: JobId,
        state: JobState,
        error: Option<String>,
    ) -> Result<(), StoreError>;

    /// A job and its progress.
    async fn job(&self, job: JobId) -> Result<Job, StoreError>;
}
