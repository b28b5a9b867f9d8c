//! The events themselves: pages of them, and those that arrive.

use async_trait::async_trait;
use empmix_model::{
    EpochMs,
    ids::ProjectId,
    stored::{LiveItem, StoredEvent},
};
use futures::stream::BoxStream;

use crate::StoreError;

/// Selects a page of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Earliest time, included.
    pub from: Option<EpochMs>,
    /// Latest time, excluded.
    pub to: Option<EpochMs>,
    /// Only this name.
    pub event: Option<String>,
    /// Only this distinct id.
    pub distinct_id: Option<String>,
    /// Only this user (every id of it).
    pub user_id: Option<String>,
    /// Only events after this one in the list's order (newest first): time and item hash.
    pub after: Option<(EpochMs, empmix_model::ids::ItemHash)>,
    /// At most so many, 1..=`limits::PAGE_ROWS`.
    pub limit: usize,
}

/// A page of events, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventsPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Whether more follow.
    pub more: bool,
}

/// What a watcher sees: what was stored, or that it was too slow to see all of it.
pub type Watched = Result<LiveItem, Missed>;

/// Items, the oldest, that a slow watcher did not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} items were missed")]
pub struct Missed(pub u64);

/// Lists events. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// A page of events, newest first (time, then item hash, both descending).
    async fn events(
        &self,
        project: ProjectId,
        filter: &EventFilter,
    ) -> Result<EventsPage, StoreError>;

    /// What is stored from now on, in the order it is stored. A watcher that is too slow for a
    /// bounded buffer misses the oldest and learns how many. The stream ends when the store closes
    /// or, where the server keeps the watcher's place, has lost that place: the caller watches again.
    async fn live(&self, project: ProjectId) -> Result<BoxStream<'static, Watched>, StoreError>;
}
