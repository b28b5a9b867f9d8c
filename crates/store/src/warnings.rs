//! What was refused or altered.

use async_trait::async_trait;
use empmix_model::{ids::ProjectId, warning::Warning};

use crate::StoreError;

/// Lists warnings. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait Warnings: Send + Sync {
    /// Warnings, newest first, at most `limit`.
    async fn warnings(&self, project: ProjectId, limit: usize) -> Result<Vec<Warning>, StoreError>;
}
