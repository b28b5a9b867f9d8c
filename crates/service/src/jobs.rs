//! Long work.

use empmix_model::{
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
};
use empmix_protocol::{ApiError, ErrorCode};

use crate::{Service, error};

impl Service {
    /// A job and its progress.
    pub async fn job(&self, job: JobId) -> Result<Job, ApiError> {
        self.store.job(job).await.map_err(error::of_store)
    }

    /// Stops a job; what it did stays.
    pub async fn cancel_job(&self, job: JobId) -> Result<Job, ApiError> {
        let known = self.job(job).await?;
        if matches!(known.state, JobState::Running | JobState::Closing) {
            self.store
                .set_job_state(job, JobState::Cancelled, None)
                .await
                .map_err(error::of_store)?;
        }
        self.job(job).await
    }

    /// Opens an import, or goes on with one. One that was cancelled or is over is a conflict.
    pub async fn open_import(
        &self,
        project: ProjectId,
        id: Option<JobId>,
    ) -> Result<Job, ApiError> {
        let id = id.unwrap_or_else(|| self.new_job_id());
        let job = self
            .store
            .open_job(id, project, JobKind::Import, (self.clock)())
            .await
            .map_err(error::of_store)?;
        match job.state {
            JobState::Running if job.project == project => Ok(job),
            JobState::Closing | JobState::Done if job.project == project => Ok(job),
            JobState::Cancelled => Err(ApiError::new(
                ErrorCode::Conflict,
                "This import was cancelled.",
            )),
            _ => Err(ApiError::new(
                ErrorCode::Conflict,
                "This import has already finished.",
            )),
        }
    }

    /// Says that parts of an import are durable in the broker.
    pub async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<(), ApiError> {
        self.store
            .accept_parts(job, parts)
            .await
            .map_err(error::of_store)
    }

    /// Says that no more parts come: the job is done once every part is stored.
    pub async fn close_import(&self, job: JobId) -> Result<(), ApiError> {
        self.store
            .set_job_state(job, JobState::Closing, None)
            .await
            .map_err(error::of_store)
    }

    /// Says that an import cannot go on.
    pub async fn fail_import(&self, job: JobId, why: &str) -> Result<(), ApiError> {
        let why = Some(why.to_owned());
        self.store
            .set_job_state(job, JobState::Failed, why)
            .await
            .map_err(error::of_store)
    }

    /// A fresh job id.
    pub fn new_job_id(&self) -> JobId {
        JobId(self.random_8())
    }

    pub(crate) fn random_8(&self) -> [u8; 8] {
        let mut id = [0; 8];
        id.copy_from_slice(&(self.random)()[..8]);
        id
    }
}
