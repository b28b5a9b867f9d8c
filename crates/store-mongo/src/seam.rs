//! The trait, method by method.

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
    envelope::JobPart,
    identity::JudgedLink,
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
    key::{KeyHash, ProjectKeys, PublicKey},
    project::Project,
    stored::{EventSchema, SessionMetrics},
    warning::Warning,
};
use empmix_query::{
    answer::{Answer, Engine},
    report::Report,
};
use futures::stream::BoxStream;
use serde_json::Value;

use super::{
    MongoStore,
    catalogue::{public_key, secret_key},
};
use empmix_store::{
    Batch, EventFilter, EventsPage, NewProject, ReadError, Store, StoreError, Watched, Written,
};

#[async_trait]
impl Store for MongoStore {
    fn engine(&self) -> Engine {
        Engine::Mongodb
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.replica_set().await
    }

    async fn write(&self, batch: Batch) -> Result<Written, StoreError> {
        self.write_batch(&batch).await
    }

    async fn query(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError> {
        self.answer(project, report, now).await
    }

    async fn explain(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Value, ReadError> {
        self.pipelines(project, report, now).await
    }

    async fn schema(&self, project: ProjectId) -> Result<Vec<EventSchema>, StoreError> {
        self.known(project).await?;
        self.names_and_properties(project).await
    }

    async fn events(
        &self,
        project: ProjectId,
        filter: &EventFilter,
    ) -> Result<EventsPage, StoreError> {
        self.known(project).await?;
        self.page(project, filter).await
    }

    async fn live(&self, project: ProjectId) -> Result<BoxStream<'static, Watched>, StoreError> {
        self.prepare().await?;
        self.known(project).await?;
        self.watch(project).await
    }

    async fn links(&self, project: ProjectId) -> Result<Vec<JudgedLink>, StoreError> {
        self.known(project).await?;
        self.all_links(project).await
    }

    async fn session(
        &self,
        project: ProjectId,
        session_id: &str,
    ) -> Result<Option<SessionMetrics>, StoreError> {
        self.known(project).await?;
        self.session_metrics(project, session_id).await
    }

    async fn warnings(&self, project: ProjectId, limit: usize) -> Result<Vec<Warning>, StoreError> {
        self.known(project).await?;
        self.newest_warnings(project, limit).await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.all_projects().await
    }

    async fn create_project(&self, new: NewProject) -> Result<Project, StoreError> {
        self.prepare().await?;
        self.make_project(new).await
    }

    async fn set_public_key(&self, project: ProjectId, key: PublicKey) -> Result<(), StoreError> {
        self.set_key(project, public_key(&key)).await
    }

    async fn set_secret_key(&self, project: ProjectId, hash: KeyHash) -> Result<(), StoreError> {
        self.set_key(project, secret_key(Some(&hash))).await
    }

    async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError> {
        self.all_keys().await
    }

    async fn open_job(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError> {
        self.known(project).await?;
        self.open(id, project, kind, now).await
    }

    async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<(), StoreError> {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| JobPart { job, part: *part })
            .collect();
        self.mark_parts(&parts, "accepted").await
    }

    async fn set_job_state(
        &self,
        job: JobId,
        state: JobState,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.move_job(job, state, error).await
    }

    async fn job(&self, job: JobId) -> Result<Job, StoreError> {
        self.progress(job).await
    }

    async fn close(&self) {
        self.closed.send_replace(true);
        // Connections are given back; what is under way has its own deadline.
        self.client.clone().shutdown().await;
    }
}
