//! Answers to reports, and what can be asked.

use async_trait::async_trait;
use empmix_model::{EpochMs, ids::ProjectId, stored::EventSchema};
use empmix_query::{InvalidQuery, answer::Answer, report::Report};
use serde_json::Value;

use crate::StoreError;

/// Why a report was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The report makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers reports. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait Reports: Send + Sync {
    /// Answers a report; `now` is the clock's time, used where the report does not say.
    async fn query(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError>;

    /// How a report would be answered: the aggregation pipelines, or the plan.
    async fn explain(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Value, ReadError>;

    /// Every event name and property seen, most frequent first, ties by name.
    async fn schema(&self, project: ProjectId) -> Result<Vec<EventSchema>, StoreError>;
}
