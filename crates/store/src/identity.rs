//! Links between ids, and sessions.

use async_trait::async_trait;
use empmix_model::{identity::FoldedLink, ids::ProjectId, stored::SessionMetrics};

use crate::StoreError;

/// Tells links and sessions. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Every link ever said, in key order, with what the fold says of it.
    async fn links(&self, project: ProjectId) -> Result<Vec<FoldedLink>, StoreError>;

    /// The metrics of a session.
    async fn session(
        &self,
        project: ProjectId,
        session_id: &str,
    ) -> Result<Option<SessionMetrics>, StoreError>;
}
