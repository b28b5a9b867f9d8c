//! Reports over a view of a project's rows.

use std::time::Instant;

use empmix_engine::{Cancel, EngineError};
use empmix_model::{EpochMs, ids::ProjectId};
use empmix_query::{Calendar, answer::Answer, report::Report};
use serde_json::Value;

use crate::{memory::project::ProjectState, store::LocalStore};
use empmix_store::{ReadError, StoreError};

/// Cancels a query when its future is dropped.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl LocalStore {
    /// Answers a report over the rows as they are now.
    pub(crate) async fn answer(
        &self,
        project: ProjectId,
        report: Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError> {
        self.ask(project, move |project, calendar, cancel| {
            let view = project.view();
            let begun = Instant::now();
            let answer = empmix_engine::answer(&view.snapshot, &report, calendar, now, cancel)?;
            Ok(Answer {
                took_ms: begun.elapsed().as_secs_f64() * 1000.0,
                ..answer
            })
        })
        .await
    }

    /// How a report would be answered.
    pub(crate) async fn plan(
        &self,
        project: ProjectId,
        report: Report,
        now: EpochMs,
    ) -> Result<Value, ReadError> {
        self.ask(project, move |project, calendar, _| {
            empmix_engine::explain(&project.view().snapshot, &report, calendar, now)
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        project: ProjectId,
        ask: impl FnOnce(&ProjectState, &Calendar, &Cancel) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ReadError> {
        self.shared.check()?;
        let project = self.shared.project(project)?;
        let calendar = Calendar::new(&project.timezone, project.week_start)
            .map_err(|error| StoreError::Storage(error.to_string()))?;
        let cancel = CancelOnDrop(Cancel::default());
        let flag = cancel.0.clone();
        tokio::task::spawn_blocking(move || ask(&project, &calendar, &flag))
            .await
            .map_err(|error| StoreError::Storage(format!("a query failed: {error}")))?
            .map_err(read_error)
    }
}

fn read_error(error: EngineError) -> ReadError {
    match error {
        EngineError::Invalid(invalid) => ReadError::Invalid(invalid),
        error => ReadError::Store(crate::store::engine_error(error)),
    }
}
