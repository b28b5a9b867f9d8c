//! Hot rows in columns: what a commit added, or several of those merged.
//!
//! Each commit adds a chunk. When [`FAN_IN`] chunks of one level are there they become one of the
//! next level, so that a row is copied a few times in its life and a query meets few chunks.

use std::sync::{Arc, OnceLock};

use empmix_engine::{Column, EngineError, Part};
use empmix_model::{EpochMs, Properties, ids::ItemHash};
use serde_json::Value;

use crate::{
    memory::properties::{PropertyColumns, PropertyColumnsBuilder},
    memory::row::EventRow,
    memory::summary::Summary,
    memory::view::{Rows, id_range},
};

/// Chunks of a level that become one of the next.
const FAN_IN: usize = 8;

/// An event with its dense numbers.
#[derive(Debug, Clone)]
pub(crate) struct NumberedRow {
    /// Id index of the distinct id.
    pub(crate) id: u32,
    /// Event code of the name.
    pub(crate) code: u32,
    /// The event.
    pub(crate) row: EventRow,
}

/// Rows in columns, sorted by (id index, time, item hash).
#[derive(Debug)]
pub(crate) struct Chunk {
    level: u32,
    ids: Arc<[u32]>,
    codes: Arc<[u32]>,
    times: Arc<[EpochMs]>,
    received: Arc<[EpochMs]>,
    hashes: Arc<[ItemHash]>,
    sessions: PropertyColumns,
    properties: PropertyColumns,
    time_range: (EpochMs, EpochMs),
    summary: OnceLock<Arc<Summary>>,
}

/// The one name in `sessions`.
const SESSION: &str = "session";

impl Chunk {
    /// The chunk of some rows, in any order.
    pub(crate) fn of(rows: &[NumberedRow]) -> Self {
        let mut rows: Vec<&NumberedRow> = rows.iter().collect();
        rows.sort_unstable_by_key(|row| (row.id, row.row.time, row.row.hash));
        let mut sessions = PropertyColumnsBuilder::default();
        for (at, row) in (0_u32..).zip(&rows) {
            if let Some(session) = &row.row.session_id {
                sessions.push(SESSION, at, &Value::String(session.clone()));
            }
        }
        let times: Arc<[EpochMs]> = rows.iter().map(|row| row.row.time).collect();
        Self {
            level: 0,
            ids: rows.iter().map(|row| row.id).collect(),
            codes: rows.iter().map(|row| row.code).collect(),
            received: rows.iter().map(|row| row.row.received_at).collect(),
            hashes: rows.iter().map(|row| row.row.hash).collect(),
            sessions: sessions.finish(rows.len()),
            properties: PropertyColumns::of(rows.iter().map(|row| &row.row.properties)),
            time_range: range_of(&times),
            times,
            summary: OnceLock::new(),
        }
    }

    fn merged(chunks: &[Arc<Self>]) -> Self {
        let mut order: Vec<(u32, EpochMs, ItemHash, usize, usize)> = chunks
            .iter()
            .enumerate()
            .flat_map(|(at, chunk)| {
                (0..chunk.rows())
                    .map(move |row| (chunk.ids[row], chunk.times[row], chunk.hashes[row], at, row))
            })
            .collect();
        order.sort_unstable();
        let mut new_rows: Vec<Vec<u32>> = chunks.iter().map(|c| vec![0; c.rows()]).collect();
        for (new, (_, _, _, at, row)) in (0_u32..).zip(&order) {
            new_rows[*at][*row] = new;
        }
        let mut sessions = PropertyColumnsBuilder::default();
        let mut properties = PropertyColumnsBuilder::default();
        for (chunk, new_row) in chunks.iter().zip(&new_rows) {
            for (name, column) in chunk.sessions.iter() {
                sessions.append(name, column, new_row);
            }
            for (name, column) in chunk.properties.iter() {
                properties.append(name, column, new_row);
            }
        }
        let times: Arc<[EpochMs]> = order.iter().map(|row| row.1).collect();
        Self {
            level: 1 + chunks.iter().map(|chunk| chunk.level).max().unwrap_or(0),
            ids: order.iter().map(|row| row.0).collect(),
            codes: order.iter().map(|row| chunks[row.3].codes[row.4]).collect(),
            received: order
                .iter()
                .map(|row| chunks[row.3].received[row.4])
                .collect(),
            hashes: order.iter().map(|row| row.2).collect(),
            sessions: sessions.finish(order.len()),
            properties: properties.finish(order.len()),
            time_range: range_of(&times),
            times,
            summary: OnceLock::new(),
        }
    }
}

/// Adds a chunk and merges the newest ones of one level until fewer than [`FAN_IN`] are left.
pub(crate) fn add(chunks: &mut Vec<Arc<Chunk>>, chunk: Chunk) {
    chunks.push(Arc::new(chunk));
    loop {
        let level = chunks.last().map_or(0, |chunk| chunk.level);
        let first = chunks
            .iter()
            .rposition(|chunk| chunk.level != level)
            .map_or(0, |at| at + 1);
        if chunks.len() - first < FAN_IN {
            return;
        }
        let merged = Chunk::merged(&chunks[first..]);
        chunks.truncate(first);
        chunks.push(Arc::new(merged));
    }
}

fn range_of(times: &[EpochMs]) -> (EpochMs, EpochMs) {
    let min = times.iter().copied().min().unwrap_or(0);
    let max = times.iter().copied().max().unwrap_or(0);
    (min, max)
}

impl Part for Chunk {
    fn rows(&self) -> usize {
        self.ids.len()
    }

    fn time_range(&self) -> (EpochMs, EpochMs) {
        self.time_range
    }

    fn events(&self) -> Result<Arc<[u32]>, EngineError> {
        Ok(self.codes.clone())
    }

    fn ids(&self) -> Result<Arc<[u32]>, EngineError> {
        Ok(self.ids.clone())
    }

    fn times(&self) -> Result<Arc<[EpochMs]>, EngineError> {
        Ok(self.times.clone())
    }

    fn received(&self) -> Result<Arc<[EpochMs]>, EngineError> {
        Ok(self.received.clone())
    }

    fn sessions(&self) -> Result<Arc<Column>, EngineError> {
        let column = self
            .sessions
            .column(SESSION)
            .unwrap_or_else(|| Column::Coded {
                codes: vec![empmix_engine::MISSING; self.rows()].into(),
                values: Arc::new([]),
            });
        Ok(Arc::new(column))
    }

    fn property(&self, key: &str) -> Result<Option<Arc<Column>>, EngineError> {
        Ok(self.properties.column(key).map(Arc::new))
    }
}

impl Rows for Chunk {
    fn hashes(&self) -> Result<Arc<[ItemHash]>, EngineError> {
        Ok(self.hashes.clone())
    }

    fn rows_of_id(&self, id: u32) -> Result<std::ops::Range<usize>, EngineError> {
        Ok(id_range(&self.ids, id))
    }

    fn properties(&self, rows: &[u32]) -> Result<Vec<Properties>, EngineError> {
        Ok(rows.iter().map(|row| self.properties.row(*row)).collect())
    }

    fn summary(&self) -> Result<Arc<Summary>, EngineError> {
        let summary = self
            .summary
            .get_or_init(|| Arc::new(Summary::of(&self.codes, &self.times, &self.properties)));
        Ok(summary.clone())
    }
}
