//! `EventLog` of the store.

use async_trait::async_trait;
use empmix_model::ids::ProjectId;
use empmix_store::{EventFilter, EventLog, EventsPage, Missed, StoreError, Watched};
use futures::{StreamExt, stream::BoxStream};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use crate::{
    read::events,
    store::{LocalStore, engine_error},
};

#[async_trait]
impl EventLog for LocalStore {
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
}
