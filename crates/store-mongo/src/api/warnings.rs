//! `Warnings` of the store.

use async_trait::async_trait;
use empmix_model::{ids::ProjectId, warning::Warning};
use empmix_store::{StoreError, Warnings};

use crate::MongoStore;

#[async_trait]
impl Warnings for MongoStore {
    async fn warnings(&self, project: ProjectId, limit: usize) -> Result<Vec<Warning>, StoreError> {
        self.ready().await?;
        self.known(project).await?;
        self.newest_warnings(project, limit).await
    }
}
