//! The trait, each method on the side that it belongs to: writes through the writer thread, reads
//! on threads that may block.

use std::sync::Arc;

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
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
use futures::{StreamExt, stream::BoxStream};
use rusqlite::Connection;
use serde_json::Value;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use super::{
    catalogue::{CatalogueError, facts, jobs, projects, sessions, warnings},
    events,
    prepare::PreparedBatch,
    project::{Data, ProjectState},
    store::{LocalStore, engine_error},
    summary::Summary,
    view::View,
    write::refused_link,
};
use empmix_store::{
    Batch, EventFilter, EventsPage, Missed, NewProject, ReadError, Store, StoreError, Watched,
    Written,
};

impl LocalStore {
    /// Runs a query of the catalogue on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.check()?;
        let readers = self.readers.clone();
        blocking(move || readers.read(query)).await
    }

    /// Runs a query of a project's rows on a thread that may block.
    async fn read_rows<T: Send + 'static>(
        &self,
        project: ProjectId,
        query: impl FnOnce(&View) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.check()?;
        let project = self.shared.project(project)?;
        blocking(move || query(&project.view())).await
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Storage(format!("a read failed: {error}"))))
}

#[async_trait]
impl Store for LocalStore {
    fn engine(&self) -> Engine {
        Engine::Local
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.shared.check()?;
        self.writer().map(|_| ())
    }

    async fn write(&self, batch: Batch) -> Result<Written, StoreError> {
        self.shared.project(batch.project)?;
        let writer = self.writer()?;
        let prepared = blocking(move || Ok(PreparedBatch::of(batch))).await?;
        writer.write(prepared).await
    }

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

    async fn events(
        &self,
        project: ProjectId,
        filter: &EventFilter,
    ) -> Result<EventsPage, StoreError> {
        let filter = filter.clone();
        self.read_rows(project, move |view| {
            events::page(view, &filter).map_err(engine_error)
        })
        .await
    }

    async fn live(&self, project: ProjectId) -> Result<BoxStream<'static, Watched>, StoreError> {
        let project = self.shared.project(project)?;
        let items = BroadcastStream::new(project.live.subscribe());
        // The stream must not keep the sender alive: it ends when the store goes.
        drop(project);
        let watched = items
            .map(|item| item.map_err(|BroadcastStreamRecvError::Lagged(missed)| Missed(missed)));
        Ok(watched.boxed())
    }

    async fn links(&self, project: ProjectId) -> Result<Vec<JudgedLink>, StoreError> {
        let no = self.shared.project(project)?.no;
        self.read(move |connection| facts::all_links(connection, no))
            .await
    }

    async fn session(
        &self,
        project: ProjectId,
        session_id: &str,
    ) -> Result<Option<SessionMetrics>, StoreError> {
        let no = self.shared.project(project)?.no;
        let session_id = session_id.to_owned();
        self.read(move |connection| sessions::read(connection, no, &session_id))
            .await
    }

    async fn warnings(&self, project: ProjectId, limit: usize) -> Result<Vec<Warning>, StoreError> {
        let no = self.shared.project(project)?.no;
        self.read(move |connection| {
            let mut newest = warnings::newest(connection, no, limit)?;
            let refused = facts::refused(connection, no, limit)?;
            newest.extend(refused.iter().filter_map(refused_link));
            newest.sort_by_key(|warning| std::cmp::Reverse(warning.received_at));
            newest.truncate(limit);
            Ok(newest)
        })
        .await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let projects = self.read(projects::list).await?;
        Ok(projects.into_iter().map(|(_, project)| project).collect())
    }

    async fn create_project(&self, new: NewProject) -> Result<Project, StoreError> {
        let project = Project {
            id: new.id,
            name: new.name.clone(),
            timezone: new.timezone.clone(),
            week_start: new.week_start,
            public_key: new.public_key.clone(),
            has_secret_key: new.secret_hash.is_some(),
            created_at: new.created_at,
        };
        let created = project.clone();
        let insert =
            move |connection: &rusqlite::Transaction<'_>| projects::create(connection, &new);
        self.writer()?
            .run(insert, move |state, no| {
                let project = Arc::new(ProjectState::new(*no, &created, Data::default()));
                state.shared().add(created.id, project);
            })
            .await?;
        Ok(project)
    }

    async fn set_public_key(&self, project: ProjectId, key: PublicKey) -> Result<(), StoreError> {
        self.writer()?
            .run(
                move |connection| projects::set_public_key(connection, project, &key),
                |_, ()| {},
            )
            .await
    }

    async fn set_secret_key(&self, project: ProjectId, hash: KeyHash) -> Result<(), StoreError> {
        self.writer()?
            .run(
                move |connection| projects::set_secret_key(connection, project, hash),
                |_, ()| {},
            )
            .await
    }

    async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError> {
        self.read(projects::keys).await
    }

    async fn open_job(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError> {
        let no = self.shared.project(project)?.no;
        self.writer()?
            .run(
                move |connection| {
                    jobs::open(connection, id, no, kind, now)?;
                    jobs::read(connection, id)
                },
                |_, _| {},
            )
            .await
    }

    async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<(), StoreError> {
        let parts = parts.to_vec();
        self.writer()?
            .run(
                move |connection| jobs::accept(connection, job, &parts),
                |_, ()| {},
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

    async fn close(&self) {
        let threads = self.stop();
        for thread in threads.into_iter().flatten() {
            // They end by themselves once what waits is done; a panic of theirs is not ours.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.shared.close();
    }
}
