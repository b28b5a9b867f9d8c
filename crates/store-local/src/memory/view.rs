//! An immutable view of a project's rows, for one query or one page.

use std::{ops::Range, sync::Arc};

use empmix_engine::{EngineError, Part, Snapshot};
use empmix_model::{Properties, ids::ItemHash};

use crate::memory::summary::Summary;

/// What the store itself reads of rows, beside what the engine reads.
pub(crate) trait Rows: Part {
    /// Item hashes, in row order.
    fn hashes(&self) -> Result<Arc<[ItemHash]>, EngineError>;

    /// The rows of an id index: one run.
    fn rows_of_id(&self, id: u32) -> Result<Range<usize>, EngineError>;

    /// The properties of some rows, as they were written.
    fn properties(&self, rows: &[u32]) -> Result<Vec<Properties>, EngineError>;

    /// The summary of all rows.
    fn summary(&self) -> Result<Arc<Summary>, EngineError>;
}

/// A project's rows at one moment.
pub(crate) struct View {
    /// The rows; the same objects as in `snapshot`, in the same order.
    pub(crate) rows: Vec<Arc<dyn Rows>>,
    /// What the engine sees.
    pub(crate) snapshot: Snapshot,
}

/// Where an id's run is in ascending id indices.
pub(crate) fn id_range(ids: &[u32], id: u32) -> Range<usize> {
    let start = ids.partition_point(|other| *other < id);
    let end = start + ids[start..].partition_point(|other| *other == id);
    start..end
}
