//! A snapshot in memory, built from events.

use std::{collections::HashMap, sync::Arc};

use empmix_engine::{Column, ColumnBuilder, EngineError, Ids, Part, Snapshot};
use empmix_model::{EpochMs, ids::ItemHash, stored::StoredEvent};
use serde_json::{Map, Value};

/// An event with numbers instead of ids and names.
#[derive(Debug, Clone)]
pub struct TestRow {
    pub id: u32,
    pub event: u32,
    pub time: EpochMs,
    pub part: usize,
    pub properties: Map<String, Value>,
}

/// All data of a project.
#[derive(Debug, Clone)]
pub struct TestProject {
    pub rows: Vec<TestRow>,
    /// Per id the id of its user.
    pub user_of: Vec<u32>,
}

pub fn id_text(id: u32) -> String {
    format!("id{id}")
}

pub fn event_name(event: u32) -> String {
    format!("event{event}")
}

impl TestProject {
    pub fn events(&self) -> Vec<StoredEvent> {
        let event = |row: &TestRow| StoredEvent {
            id: ItemHash([0; 16]),
            event: event_name(row.event),
            distinct_id: id_text(row.id),
            user_id: id_text(self.user_of[row.id as usize]),
            time: row.time,
            received_at: row.time + 1,
            session_id: row.id.is_multiple_of(2).then(|| id_text(row.id)),
            properties: row.properties.clone(),
        };
        self.rows.iter().map(event).collect()
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut parts: HashMap<usize, Vec<TestRow>> = HashMap::new();
        for row in &self.rows {
            parts.entry(row.part).or_default().push(row.clone());
        }
        let ids = 0..u32::try_from(self.user_of.len()).unwrap();
        Snapshot {
            parts: parts
                .into_values()
                .map(|rows| Arc::new(MemoryPart::new(rows)) as _)
                .collect(),
            event_names: (0..3).map(|event| event_name(event).into()).collect(),
            ids: Ids {
                texts: ids.map(|id| id_text(id).into()).collect(),
                user_of: self.user_of.iter().copied().collect(),
            },
        }
    }
}

struct MemoryPart {
    rows: Vec<TestRow>,
}

impl MemoryPart {
    fn new(mut rows: Vec<TestRow>) -> Self {
        rows.sort_by_key(|row| (row.id, row.time));
        Self { rows }
    }

    fn column<'a>(&'a self, value: impl Fn(&'a TestRow) -> Option<Value>) -> Arc<Column> {
        let mut builder = ColumnBuilder::default();
        for row in &self.rows {
            builder.push(value(row).as_ref());
        }
        Arc::new(builder.finish())
    }
}

impl Part for MemoryPart {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn time_range(&self) -> (EpochMs, EpochMs) {
        let times = || self.rows.iter().map(|row| row.time);
        (times().min().unwrap(), times().max().unwrap())
    }

    fn events(&self) -> Result<Arc<[u32]>, EngineError> {
        Ok(self.rows.iter().map(|row| row.event).collect())
    }

    fn ids(&self) -> Result<Arc<[u32]>, EngineError> {
        Ok(self.rows.iter().map(|row| row.id).collect())
    }

    fn times(&self) -> Result<Arc<[EpochMs]>, EngineError> {
        Ok(self.rows.iter().map(|row| row.time).collect())
    }

    fn received(&self) -> Result<Arc<[EpochMs]>, EngineError> {
        Ok(self.rows.iter().map(|row| row.time + 1).collect())
    }

    fn sessions(&self) -> Result<Arc<Column>, EngineError> {
        Ok(self.column(|row| row.id.is_multiple_of(2).then(|| id_text(row.id).into())))
    }

    fn property(&self, key: &str) -> Result<Option<Arc<Column>>, EngineError> {
        // "n" is a column of numbers, as a store returns it for a property with only numbers.
        if key == "n" {
            let number = |row: &TestRow| row.properties.get("n").and_then(Value::as_f64);
            let numbers = self.rows.iter().map(|row| number(row).unwrap_or(f64::NAN));
            return Ok(Some(Arc::new(Column::Numbers(numbers.collect()))));
        }
        let found = self.rows.iter().any(|row| row.properties.contains_key(key));
        Ok(found.then(|| self.column(|row| row.properties.get(key).cloned())))
    }
}
