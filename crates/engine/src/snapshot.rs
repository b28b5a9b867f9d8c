//! The interface between a store and the kernels.
//!
//! Everything is immutable: a query takes one snapshot, and writers continue in the meantime.
//!
//! * An *id index* is the dense number of a distinct id. Every id that sent an event or occurs in a
//!   link has one. It is the same in all parts and as long as the store is open. A *user* is
//!   identified by the id index of its user id, so that one list ([`Ids::user_of`]) resolves every
//!   row at query time: a link takes effect immediately, for earlier events too.
//! * An *event code* is the dense number of an event's name, the same in all parts.
//! * A part contains only events, not instructions, and each event is in exactly one part of a
//!   snapshot. Parts may overlap in time and share ids.

use std::sync::Arc;

use empmix_model::EpochMs;

use crate::{column::Column, error::EngineError, pages::Pages};

/// A project's events at one point in time.
#[derive(Clone)]
pub struct Snapshot {
    /// The events, in parts of any order.
    pub parts: Vec<Arc<dyn Part>>,
    /// Event names by event code.
    pub event_names: Pages<Arc<str>>,
    /// The distinct ids and their users.
    pub ids: Ids,
}

/// The distinct ids and the users that they currently resolve to.
#[derive(Debug, Clone)]
pub struct Ids {
    /// The text of each id, by id index.
    pub texts: Pages<Arc<str>>,
    /// For each id index, the id index of its user; an id without a link is its own user.
    pub user_of: Pages<u32>,
}

/// Rows in columns. All columns have [`Part::rows`] elements, ordered by (id index, time, item
/// hash), so that the events of an id are contiguous and in the documented order.
///
/// The engine reads a column when a report names it; an implementation may cache columns and evict
/// them at any time. Methods may be called from several threads at once.
pub trait Part: Send + Sync {
    /// The number of events.
    fn rows(&self) -> usize;

    /// The earliest and the latest time, both included. The engine does not call it for a part
    /// without rows.
    fn time_range(&self) -> (EpochMs, EpochMs);

    /// The event code of each row.
    fn events(&self) -> Result<Arc<[u32]>, EngineError>;

    /// The id index of each row's distinct id, ascending.
    fn ids(&self) -> Result<Arc<[u32]>, EngineError>;

    /// The corrected time of each row, ascending within an id.
    fn times(&self) -> Result<Arc<[EpochMs]>, EngineError>;

    /// The time at which each event was received.
    fn received(&self) -> Result<Arc<[EpochMs]>, EngineError>;

    /// The session id of each row: a string or missing.
    fn sessions(&self) -> Result<Arc<Column>, EngineError>;

    /// The property with exactly this top-level key, which may contain dots and `$` (the engine
    /// descends paths itself); `None` if no row has it.
    fn property(&self, key: &str) -> Result<Option<Arc<Column>>, EngineError>;
}
