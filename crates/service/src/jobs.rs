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

    /// Opens an import, or continues one. One that was cancelled, has failed or belongs to another
    /// project is a conflict.
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
        if job.project != project {
            return Err(ApiError::new(
                ErrorCode::Conflict,
                "This job belongs to another project.",
            ));
        }
        not_stopped(job.state)?;
        Ok(job)
    }

    /// Records that parts of an import are durable in the broker. A job that was stopped is a conflict:
    /// its sender is to send no more.
    pub async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<(), ApiError> {
        let accepted = self.store.accept_parts(job, parts).await;
        not_stopped(accepted.map_err(error::of_store)?)
    }

    /// Records that no more parts come: the job is done once every part is stored. A job that was stopped
    /// is a conflict.
    pub async fn close_import(&self, job: JobId) -> Result<(), ApiError> {
        self.store
            .set_job_state(job, JobState::Closing, None)
            .await
            .map_err(error::of_store)?;
        not_stopped(self.job(job).await?.state)
    }

    /// Records that an import cannot continue.
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

/// An import in a final state takes no more lines.
fn not_stopped(state: JobState) -> Result<(), ApiError> {
    let message = match state {
        JobState::Running | JobState::Closing | JobState::Done => return Ok(()),
        JobState::Cancelled => {
            "This import was cancelled; the lines it had sent until then are stored."
        }
        JobState::Failed => "This import has failed. Start another one.",
    };
    Err(ApiError::new(ErrorCode::Conflict, message))
}
