//! Questions and answers.

use empmix_model::ids::ProjectId;
use empmix_protocol::ApiError;
use empmix_query::answer::{Answer, Engine};
use serde_json::Value;

use crate::{Service, error};

impl Service {
    /// Fails unless the store's engine is the one that a caller insists on.
    pub fn insist_on(&self, engine: Option<Engine>) -> Result<(), ApiError> {
        match engine {
            Some(engine) if engine != self.store.engine() => Err(error::invalid(
                "engine",
                "This sidecar's store does not have that engine.",
            )),
            _ => Ok(()),
        }
    }

    /// Answers a report.
    pub async fn query(&self, project: ProjectId, report: &Value) -> Result<Answer, ApiError> {
        let report = empmix_query::parse(report).map_err(error::of_query)?;
        self.store
            .query(project, &report, (self.clock)())
            .await
            .map_err(error::of_read)
    }

    /// How a report would be answered.
    pub async fn explain(&self, project: ProjectId, report: &Value) -> Result<Value, ApiError> {
        let report = empmix_query::parse(report).map_err(error::of_query)?;
        self.store
            .explain(project, &report, (self.clock)())
            .await
            .map_err(error::of_read)
    }
}
