//! Projects and their keys.

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
    ids::ProjectId,
    key::{KeyHash, ProjectKeys, PublicKey},
    project::{Project, WeekStart},
};

use crate::StoreError;

/// What a new project is made from; ids and keys are made by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// Its id.
    pub id: ProjectId,
    /// Its name, unique among projects.
    pub name: String,
    /// IANA name of its zone, checked by the caller.
    pub timezone: String,
    /// The day that weeks begin on.
    pub week_start: WeekStart,
    /// Its public key.
    pub public_key: PublicKey,
    /// The hash of its secret key, if one was made.
    pub secret_hash: Option<KeyHash>,
    /// When it is made.
    pub created_at: EpochMs,
}

/// Keeps projects and keys. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// All projects, oldest first.
    async fn projects(&self) -> Result<Vec<Project>, StoreError>;

    /// Makes a project; a name that is taken is a `Conflict`.
    async fn create_project(&self, new: NewProject) -> Result<Project, StoreError>;

    /// Replaces a project's public key.
    async fn set_public_key(&self, project: ProjectId, key: PublicKey) -> Result<(), StoreError>;

    /// Replaces the hash of a project's secret key.
    async fn set_secret_key(&self, project: ProjectId, hash: KeyHash) -> Result<(), StoreError>;

    /// The keys of every project.
    async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError>;
}
