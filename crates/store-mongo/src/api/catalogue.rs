//! `Catalogue` of the store.

use async_trait::async_trait;
use empmix_model::{
    ids::ProjectId,
    key::{KeyHash, ProjectKeys, PublicKey},
    project::Project,
};
use empmix_store::{Catalogue, NewProject, StoreError};

use crate::{
    MongoStore,
    catalogue::{public_key, secret_key},
};

#[async_trait]
impl Catalogue for MongoStore {
    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.ready().await?;
        self.all_projects().await
    }

    async fn create_project(&self, new: NewProject) -> Result<Project, StoreError> {
        self.ready().await?;
        self.make_project(new).await
    }

    async fn set_public_key(&self, project: ProjectId, key: PublicKey) -> Result<(), StoreError> {
        self.ready().await?;
        self.set_key(project, public_key(&key)).await
    }

    async fn set_secret_key(&self, project: ProjectId, hash: KeyHash) -> Result<(), StoreError> {
        self.ready().await?;
        self.set_key(project, secret_key(Some(&hash))).await
    }

    async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError> {
        self.ready().await?;
        self.all_keys().await
    }
}
