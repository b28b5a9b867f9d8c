//! `EventLog` of the store.

use async_trait::async_trait;
use empmix_model::ids::ProjectId;
use empmix_store::{EventFilter, EventLog, EventsPage, StoreError, Watched};
use futures::stream::BoxStream;

use crate::MongoStore;

#[async_trait]
impl EventLog for MongoStore {
    async fn events(
        &self,
        project: ProjectId,
        filter: &EventFilter,
    ) -> Result<EventsPage, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.page(project, filter).await
    }

    async fn live(&self, project: ProjectId) -> Result<BoxStream<'static, Watched>, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.watch(project).await
    }
}
