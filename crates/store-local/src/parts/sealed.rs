//! A part that is named in the catalogue.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use empmix_engine::{Column, EngineError, MISSING, Part};
use empmix_model::{EpochMs, Properties, ids::ItemHash};
use serde::{Deserialize, Serialize};

use super::{
    cache::{ColumnCache, Loaded},
    filter::IdFilter,
    read::PartReader,
};
use crate::{
    memory::chunk::NumberedRow,
    memory::properties::{PropertyColumn, PropertyColumns, PropertyColumnsBuilder},
    memory::row::StoredItem,
    memory::summary::Summary,
    memory::view::{Rows, id_range},
};
use empmix_store::StoreError;

/// What the catalogue says of a part.
#[derive(Debug, Clone)]
pub(crate) struct PartRecord {
    pub(crate) number: i64,
    /// The version of the file's layout.
    pub(crate) layout: i64,
    /// The file's name in the directory of parts.
    pub(crate) file: String,
    pub(crate) rows: usize,
    /// The file's length.
    pub(crate) bytes: u64,
    pub(crate) time_range: (EpochMs, EpochMs),
    /// CRC-32 of the file.
    pub(crate) checksum: u32,
    /// Which ids may be in here, by the day in them.
    pub(crate) id_days: IdDays,
    pub(crate) filter: IdFilter,
    pub(crate) summary: Arc<Summary>,
}

/// The days in the ids of a part: most duplicates are ruled out by them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdDays {
    /// Days since 1970, ascending.
    days: Vec<i64>,
    /// Whether some ids have no day, or one that their row does not tell.
    others: bool,
}

impl IdDays {
    /// The days of some rows.
    pub(crate) fn of(rows: &[NumberedRow]) -> Self {
        let days: BTreeSet<i64> = rows.iter().filter_map(|row| row.row.id_day).collect();
        Self {
            days: days.into_iter().collect(),
            others: rows.iter().any(|row| row.row.id_day.is_none()),
        }
    }

    /// Whether an id with this day, or with none that its row tells, may be here.
    fn may_contain(&self, day: Option<i64>) -> bool {
        day.is_none_or(|day| self.others || self.days.binary_search(&day).is_ok())
    }
}

/// A part whose file is open. The file is there as long as the part is: one that was replaced is
/// removed when the last view that reads it goes.
pub(crate) struct SealedPart {
    record: PartRecord,
    path: PathBuf,
    /// One column is read at a time: the readers share the file's position.
    reader: Mutex<PartReader>,
    properties: Vec<String>,
    has_rest: bool,
    cache: Arc<ColumnCache>,
    is_replaced: AtomicBool,
}

impl SealedPart {
    /// Opens a part of which the file was checked.
    pub(crate) fn open(
        dir: &Path,
        record: PartRecord,
        cache: Arc<ColumnCache>,
    ) -> Result<Self, StoreError> {
        let path = dir.join(&record.file);
        let damaged = |reason: String| {
            StoreError::Storage(format!("the part {} is damaged: {reason}", path.display()))
        };
        let reader = PartReader::open(&path).map_err(|error| damaged(error.to_string()))?;
        if reader.rows() != record.rows {
            return Err(damaged(format!(
                "{} rows instead of {}",
                reader.rows(),
                record.rows
            )));
        }
        Ok(Self {
            properties: reader.properties().map(str::to_owned).collect(),
            has_rest: reader.has_rest(),
            reader: Mutex::new(reader),
            record,
            path,
            cache,
            is_replaced: AtomicBool::new(false),
        })
    }

    /// What the catalogue says of it.
    pub(crate) fn record(&self) -> &PartRecord {
        &self.record
    }

    /// Says that the catalogue no longer names it.
    pub(crate) fn replace(&self) {
        self.is_replaced.store(true, Ordering::Relaxed);
    }

    /// What is known of an item, if it is in here.
    pub(crate) fn known(
        &self,
        hash: ItemHash,
        day: Option<i64>,
    ) -> Result<Option<StoredItem>, EngineError> {
        if !self.record.id_days.may_contain(day) || !self.record.filter.may_contain(hash) {
            return Ok(None);
        }
        let known = self.load("known", |reader| {
            Ok(Loaded::StoredItem(reader.known()?.into()))
        })?;
        let Loaded::StoredItem(known) = known else {
            return Err(mixed_up());
        };
        let at = known.binary_search_by_key(&hash, |(known, _)| *known);
        Ok(at.ok().map(|at| known[at].1))
    }

    /// Every row, in the part's order and without its properties.
    pub(crate) fn bare_rows(&self) -> Result<Vec<NumberedRow>, EngineError> {
        self.read(PartReader::bare_rows)
    }

    /// Adds the properties of every row under a new number: `new_row[old]`. Columns that are read for it are
    /// not kept.
    pub(crate) fn append_properties(
        &self,
        columns: &mut PropertyColumnsBuilder,
        new_row: &[u32],
    ) -> Result<(), EngineError> {
        for name in &self.properties {
            let column = self.read(|reader| reader.property(name))?;
            columns.append(name, &column, new_row);
        }
        if self.has_rest {
            for (name, column) in self.read(PartReader::rest)?.iter() {
                columns.append(name, column, new_row);
            }
        }
        Ok(())
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&PartReader) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        read(&reader)
            .map_err(|error| EngineError::Part(format!("{}: {error}", self.path.display())))
    }

    fn load(
        &self,
        what: &str,
        read: impl FnOnce(&PartReader) -> Result<Loaded, EngineError>,
    ) -> Result<Loaded, EngineError> {
        self.cache.get(self.record.number, what, || self.read(read))
    }

    fn numbers(&self, name: &str) -> Result<Arc<[u32]>, EngineError> {
        let read = |reader: &PartReader| Ok(Loaded::Numbers(reader.numbers(name)?.into()));
        match self.load(name, read)? {
            Loaded::Numbers(numbers) => Ok(numbers),
            _ => Err(mixed_up()),
        }
    }

    fn integers(&self, name: &str) -> Result<Arc<[i64]>, EngineError> {
        let read = |reader: &PartReader| Ok(Loaded::Times(reader.integers(name)?.into()));
        match self.load(name, read)? {
            Loaded::Times(times) => Ok(times),
            _ => Err(mixed_up()),
        }
    }

    fn session_column(&self) -> Result<Arc<PropertyColumn>, EngineError> {
        let read = |reader: &PartReader| Ok(Loaded::Property(Arc::new(reader.sessions()?)));
        match self.load("session_id", read)? {
            Loaded::Property(column) => Ok(column),
            _ => Err(mixed_up()),
        }
    }

    fn property_column(&self, name: &str) -> Result<Arc<PropertyColumn>, EngineError> {
        let read = |reader: &PartReader| Ok(Loaded::Property(Arc::new(reader.property(name)?)));
        // A colon in front: no fixed column's name has one.
        match self.load(&format!(":{name}"), read)? {
            Loaded::Property(column) => Ok(column),
            _ => Err(mixed_up()),
        }
    }

    fn rest(&self) -> Result<Arc<PropertyColumns>, EngineError> {
        let read = |reader: &PartReader| Ok(Loaded::Rest(Arc::new(reader.rest()?)));
        match self.load("rest", read)? {
            Loaded::Rest(rest) => Ok(rest),
            _ => Err(mixed_up()),
        }
    }

    fn has_property(&self, name: &str) -> bool {
        self.properties
            .binary_search_by(|known| known.as_str().cmp(name))
            .is_ok()
    }
}

fn mixed_up() -> EngineError {
    EngineError::Part("a column was kept under another's name".into())
}

impl Drop for SealedPart {
    fn drop(&mut self) {
        self.cache.forget(self.record.number);
        if self.is_replaced.load(Ordering::Relaxed) {
            // If it stays, the next start removes it: the catalogue does not name it.
            if let Err(error) = std::fs::remove_file(&self.path) {
                tracing::warn!(%error, "a part that was replaced could not be removed");
            }
        }
    }
}

impl Part for SealedPart {
    fn rows(&self) -> usize {
        self.record.rows
    }

    fn time_range(&self) -> (EpochMs, EpochMs) {
        self.record.time_range
    }

    fn events(&self) -> Result<Arc<[u32]>, EngineError> {
        self.numbers("event_code")
    }

    fn ids(&self) -> Result<Arc<[u32]>, EngineError> {
        self.numbers("id_index")
    }

    fn times(&self) -> Result<Arc<[EpochMs]>, EngineError> {
        self.integers("time")
    }

    fn received(&self) -> Result<Arc<[EpochMs]>, EngineError> {
        self.integers("received_at")
    }

    fn sessions(&self) -> Result<Arc<Column>, EngineError> {
        let column = self.session_column()?.column(self.rows());
        Ok(Arc::new(column.unwrap_or_else(|| Column::Coded {
            codes: vec![MISSING; self.rows()].into(),
            values: Arc::new([]),
        })))
    }

    fn property(&self, key: &str) -> Result<Option<Arc<Column>>, EngineError> {
        let column = if self.has_property(key) {
            self.property_column(key)?.column(self.rows())
        } else if self.has_rest {
            self.rest()?.column(key)
        } else {
            None
        };
        Ok(column.map(Arc::new))
    }
}

impl Rows for SealedPart {
    fn hashes(&self) -> Result<Arc<[ItemHash]>, EngineError> {
        let read = |reader: &PartReader| Ok(Loaded::Hashes(reader.hashes()?.into()));
        match self.load("id", read)? {
            Loaded::Hashes(hashes) => Ok(hashes),
            _ => Err(mixed_up()),
        }
    }

    fn rows_of_id(&self, id: u32) -> Result<Range<usize>, EngineError> {
        Ok(id_range(&self.ids()?, id))
    }

    fn properties(&self, rows: &[u32]) -> Result<Vec<Properties>, EngineError> {
        let mut properties = vec![Properties::new(); rows.len()];
        for name in &self.properties {
            let column = self.property_column(name)?;
            for (row, properties) in rows.iter().zip(&mut properties) {
                if let Some(value) = column.value(*row) {
                    properties.insert(name.clone(), value);
                }
            }
        }
        if self.has_rest {
            let rest = self.rest()?;
            for (row, properties) in rows.iter().zip(&mut properties) {
                properties.extend(rest.row(*row));
            }
        }
        Ok(properties)
    }

    fn summary(&self) -> Result<Arc<Summary>, EngineError> {
        Ok(self.record.summary.clone())
    }
}
