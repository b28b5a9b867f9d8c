//! `Warnings` of the store.

use async_trait::async_trait;
use empmix_model::{ids::ProjectId, warning::Warning};
use empmix_store::{StoreError, Warnings};

use crate::{
    catalogue::{facts, warnings},
    store::LocalStore,
    write::apply::refused_link,
};

#[async_trait]
impl Warnings for LocalStore {
    async fn warnings(&self, project: ProjectId, limit: usize) -> Result<Vec<Warning>, StoreError> {
        let number = self.shared.project(project)?.number;
        self.read(move |connection| {
            let mut newest = warnings::newest(connection, number, limit)?;
            let refused = facts::refused(connection, number, limit)?;
            newest.extend(refused.iter().filter_map(refused_link));
            newest.sort_by_key(|warning| std::cmp::Reverse(warning.received_at));
            newest.truncate(limit);
            Ok(newest)
        })
        .await
    }
}
