//! `Identity` of the store.

use async_trait::async_trait;
use empmix_model::{identity::FoldedLink, ids::ProjectId, stored::SessionMetrics};
use empmix_store::{Identity, StoreError};

use crate::{
    catalogue::{facts, sessions},
    store::LocalStore,
};

#[async_trait]
impl Identity for LocalStore {
    async fn links(&self, project: ProjectId) -> Result<Vec<FoldedLink>, StoreError> {
        let number = self.shared.project(project)?.number;
        self.read(move |connection| facts::all_links(connection, number))
            .await
    }

    async fn session(
        &self,
        project: ProjectId,
        session_id: &str,
    ) -> Result<Option<SessionMetrics>, StoreError> {
        let number = self.shared.project(project)?.number;
        let session_id = session_id.to_owned();
        self.read(move |connection| sessions::read(connection, number, &session_id))
            .await
    }
}
