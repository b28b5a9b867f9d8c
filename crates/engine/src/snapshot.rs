//! What a store offers to the kernels.
//!
//! Everything is immutable: a snapshot is taken once per query, and writers go on meanwhile.
//!
//! * An *id index* is the dense number of a distinct id: every id that sent an event or stands in
//!   a link has one, the same in all parts and for as long as the store lives. A *user* is known by
//!   the id index of its user id, so that one array ([`Ids::user_of`]) resolves every row at query
//!   time: a link is instant and works backwards.
//! * An *event code* is the dense number of an event's name, the same in all parts.
//! * A part holds events only, instructions never, and each event is in exactly one part of a
//!   snapshot. Parts may overlap in time and share ids.

use std::sync::Arc;

use empmix_model::EpochMs;

use crate::{column::Column, error::EngineError};

/// A project's events at one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// The events, in any order of parts.
    pub parts: Vec<Arc<dyn Part>>,
    /// Event names by event code.
    pub event_names: Arc<[Arc<str>]>,
    /// Who is who.
    pub ids: Ids,
}

/// Distinct ids and the users that they resolve to now.
#[derive(Debug, Clone)]
pub struct Ids {
    /// The text of each id, by id index.
    pub texts: Arc<[Arc<str>]>,
    /// For each id index the id index of its user's id: its own when it has no link.
    pub user_of: Arc<[u32]>,
}

/// Rows in columns. All columns have [`Part::rows`] elements in one order: by (id index, time,
/// item hash), so that the events of an id are one run in the documented order.
///
/// Columns are read when a report names them; an implementation may keep them and drop them as it
/// likes. A method may be called from several threads at once.
pub trait Part: Send + Sync {
    /// How many events it holds.
    fn rows(&self) -> usize;

    /// The earliest and the latest time, both included. Not asked of a part without rows.
    fn time_range(&self) -> (EpochMs, EpochMs);

    /// Event codes.
    fn events(&self) -> Result<Arc<[u32]>, EngineError>;

    /// Id indices of the distinct ids, ascending.
    fn ids(&self) -> Result<Arc<[u32]>, EngineError>;

    /// Corrected times, ascending within an id.
    fn times(&self) -> Result<Arc<[EpochMs]>, EngineError>;

    /// When each event was received.
    fn received(&self) -> Result<Arc<[EpochMs]>, EngineError>;

    /// Session ids: strings, or nothing.
    fn sessions(&self) -> Result<Arc<Column>, EngineError>;

    /// The property stored under exactly this top-level key, dots and `$` included (descending
    /// is the engine's work); `None` when no row has it.
    fn property(&self, key: &str) -> Result<Option<Arc<Column>>, EngineError>;
}
