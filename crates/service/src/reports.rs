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

    /// Answers a report; one with a breakdown without it too, for the headline.
    pub async fn query(&self, project: ProjectId, report: &Value) -> Result<Answer, ApiError> {
        let report = empmix_query::parse(report).map_err(error::of_query)?;
        let now = (self.clock)();
        let asked = self.store.query(project, &report, now).await;
        let mut answer = asked.map_err(error::of_read)?;
        if let Some(whole) = report.without_breakdown() {
            let asked = self.store.query(project, &whole, now).await;
            let whole = asked.map_err(error::of_read)?;
            answer.took_ms += whole.took_ms;
            answer.rows_scanned += whole.rows_scanned;
            answer.headline = Some(whole.result.into_headline());
        }
        Ok(answer)
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
