//! Projects and their keys.

use empmix_model::{
    ids::ProjectId,
    key::{PublicKey, SecretKey},
    limits,
    project::{Project, WeekStart},
};
use empmix_protocol::{
    ApiError, ErrorCode,
    call::KeyKind,
    reply::{CreatedProject, Projects, RotatedKey},
};
use empmix_query::Calendar;
use empmix_store::StoreError;

use crate::{Service, error};

/// The project of a fresh data directory.
pub const DEFAULT_PROJECT: &str = "Default";

impl Service {
    /// All projects, oldest first.
    pub async fn projects(&self) -> Result<Projects, ApiError> {
        let projects = self.store.projects().await.map_err(error::of_store)?;
        Ok(Projects { projects })
    }

    /// One project.
    pub async fn project(&self, id: ProjectId) -> Result<Project, ApiError> {
        let all = self.projects().await?.projects;
        all.into_iter()
            .find(|project| project.id == id)
            .ok_or_else(|| error::of_store(StoreError::NotFound("the project")))
    }

    /// Makes a project with both keys; the secret one is in this reply and nowhere else.
    pub async fn create_project(
        &self,
        name: &str,
        timezone: &str,
        week_start: WeekStart,
    ) -> Result<CreatedProject, ApiError> {
        let secret = SecretKey::from_random((self.random)());
        let project = self
            .make_project(name, timezone, week_start, Some(&secret))
            .await?;
        Ok(CreatedProject {
            project,
            secret_key: secret.reveal().to_owned(),
        })
    }

    /// Makes the project of a store that has none; its secret key is made when first asked for.
    pub async fn ensure_a_project(&self) -> Result<Project, ApiError> {
        if let Some(first) = self.projects().await?.projects.into_iter().next() {
            return Ok(first);
        }
        match self
            .make_project(DEFAULT_PROJECT, "UTC", WeekStart::Monday, None)
            .await
        {
            Err(error) if error.code == ErrorCode::Conflict => {
                let first = self.projects().await?.projects.into_iter().next();
                first.ok_or(error)
            }
            made => made,
        }
    }

    async fn make_project(
        &self,
        name: &str,
        timezone: &str,
        week_start: WeekStart,
        secret: Option<&SecretKey>,
    ) -> Result<Project, ApiError> {
        let name = name.trim();
        if name.is_empty() || name.len() > limits::NAME_BYTES || name.chars().any(char::is_control)
        {
            return Err(error::invalid(
                "name",
                format!(
                    "A project's name must have 1 to {} bytes.",
                    limits::NAME_BYTES
                ),
            ));
        }
        if Calendar::new(timezone, week_start).is_err() {
            return Err(error::invalid(
                "timezone",
                format!("'{timezone}' is not an IANA time zone, such as Europe/Berlin."),
            ));
        }
        let new = empmix_store::NewProject {
            id: ProjectId(self.random_8()),
            name: name.to_owned(),
            timezone: timezone.to_owned(),
            week_start,
            public_key: PublicKey::from_random((self.random)()),
            secret_hash: secret.map(SecretKey::hash),
            created_at: (self.clock)(),
        };
        self.store
            .create_project(new)
            .await
            .map_err(error::of_store)
    }

    /// Replaces a key; the new one is in this reply.
    pub async fn rotate_key(
        &self,
        project: ProjectId,
        kind: KeyKind,
    ) -> Result<RotatedKey, ApiError> {
        let random = (self.random)();
        let key = match kind {
            KeyKind::Public => {
                let key = PublicKey::from_random(random);
                self.store
                    .set_public_key(project, key.clone())
                    .await
                    .map_err(error::of_store)?;
                key.0
            }
            KeyKind::Secret => {
                let key = SecretKey::from_random(random);
                self.store
                    .set_secret_key(project, key.hash())
                    .await
                    .map_err(error::of_store)?;
                key.reveal().to_owned()
            }
        };
        Ok(RotatedKey { key })
    }
}
