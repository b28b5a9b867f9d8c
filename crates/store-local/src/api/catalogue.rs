//! `Catalogue` of the store.

use std::sync::Arc;

use async_trait::async_trait;
use empmix_model::{
    ids::ProjectId,
    key::{KeyHash, ProjectKeys, PublicKey},
    project::Project,
};
use empmix_store::{Catalogue, NewProject, StoreError};

use crate::{
    catalogue::projects,
    memory::project::{Data, ProjectState},
    store::LocalStore,
};

#[async_trait]
impl Catalogue for LocalStore {
    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let projects = self.read(projects::list).await?;
        let projects = projects.into_iter().map(|(_, project)| project);
        self.shared.in_memory(projects, |project| project.id)
    }

    async fn create_project(&self, new: NewProject) -> Result<Project, StoreError> {
        let project = Project {
            id: new.id,
            name: new.name.clone(),
            timezone: new.timezone.clone(),
            week_start: new.week_start,
            public_key: new.public_key.clone(),
            has_secret_key: new.secret_hash.is_some(),
            created_at: new.created_at,
        };
        let created = project.clone();
        let insert =
            move |connection: &rusqlite::Transaction<'_>| projects::create(connection, &new);
        self.writer()?
            .run(insert, move |state, number| {
                let project = Arc::new(ProjectState::new(*number, &created, Data::default()));
                state.shared().add(created.id, project);
            })
            .await?;
        Ok(project)
    }

    async fn set_public_key(&self, project: ProjectId, key: PublicKey) -> Result<(), StoreError> {
        self.writer()?
            .run(
                move |connection| projects::set_public_key(connection, project, &key),
                |_, ()| {},
            )
            .await
    }

    async fn set_secret_key(&self, project: ProjectId, hash: KeyHash) -> Result<(), StoreError> {
        self.writer()?
            .run(
                move |connection| projects::set_secret_key(connection, project, hash),
                |_, ()| {},
            )
            .await
    }

    async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError> {
        let keys = self.read(projects::keys).await?;
        self.shared.in_memory(keys.into_iter(), |keys| keys.project)
    }
}
