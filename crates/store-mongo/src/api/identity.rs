//! `Identity` of the store.

use async_trait::async_trait;
use empmix_model::{identity::FoldedLink, ids::ProjectId, stored::SessionMetrics};
use empmix_store::{Identity, StoreError};

use crate::MongoStore;

#[async_trait]
impl Identity for MongoStore {
    async fn links(&self, project: ProjectId) -> Result<Vec<FoldedLink>, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.all_links(project).await
    }

    async fn session(
        &self,
        project: ProjectId,
        session_id: &str,
    ) -> Result<Option<SessionMetrics>, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.session_metrics(project, session_id).await
    }
}
