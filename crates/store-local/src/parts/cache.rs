//! Columns of parts in memory, under one budget; the least recently used ones go first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use empmix_engine::EngineError;
use empmix_model::{EpochMs, ids::ItemHash};

use crate::{
    memory::properties::{PropertyColumn, PropertyColumns},
    memory::row::StoredItem,
};

/// What was read of a part.
#[derive(Clone)]
pub(crate) enum Loaded {
    Numbers(Arc<[u32]>),
    Times(Arc<[EpochMs]>),
    Hashes(Arc<[ItemHash]>),
    /// By hash, ascending.
    StoredItem(Arc<[(ItemHash, StoredItem)]>),
    Property(Arc<PropertyColumn>),
    Rest(Arc<PropertyColumns>),
}

impl Loaded {
    fn bytes(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len() * 4,
            Self::Times(times) => times.len() * 8,
            Self::Hashes(hashes) => hashes.len() * 16,
            Self::StoredItem(known) => known.len() * size_of::<(ItemHash, StoredItem)>(),
            Self::Property(column) => column.bytes(),
            Self::Rest(columns) => columns.iter().map(|(_, column)| column.bytes()).sum(),
        }
    }
}

/// A part's number and what of it.
type Key = (i64, String);

/// The columns of all parts that are in memory.
pub(crate) struct ColumnCache {
    budget: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    columns: HashMap<Key, Entry>,
    bytes: usize,
    clock: u64,
}

struct Entry {
    loaded: Loaded,
    used: u64,
}

impl ColumnCache {
    /// An empty cache that keeps at most so many bytes.
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            budget,
            state: Mutex::default(),
        }
    }

    /// What is kept under a key, or what `load` gives.
    pub(crate) fn get(
        &self,
        part: i64,
        what: &str,
        load: impl FnOnce() -> Result<Loaded, EngineError>,
    ) -> Result<Loaded, EngineError> {
        let key = (part, what.to_owned());
        if let Some(loaded) = self.state().touch(&key) {
            return Ok(loaded);
        }
        // Not under the lock: two queries may read a column twice, none waits for another's disk.
        let loaded = load()?;
        self.state().keep(key, loaded.clone(), self.budget);
        Ok(loaded)
    }

    /// Lets go of everything of a part.
    pub(crate) fn forget(&self, part: i64) {
        let mut state = self.state();
        let keys: Vec<Key> = state
            .columns
            .keys()
            .filter(|key| key.0 == part)
            .cloned()
            .collect();
        keys.iter().for_each(|key| state.remove(key));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn touch(&mut self, key: &Key) -> Option<Loaded> {
        self.clock += 1;
        let entry = self.columns.get_mut(key)?;
        entry.used = self.clock;
        Some(entry.loaded.clone())
    }

    fn keep(&mut self, key: Key, loaded: Loaded, budget: usize) {
        self.remove(&key);
        self.bytes += loaded.bytes();
        let used = self.clock;
        self.columns.insert(key, Entry { loaded, used });
        while self.bytes > budget && self.columns.len() > 1 {
            let oldest = self.columns.iter().min_by_key(|(_, entry)| entry.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.columns.remove(key) {
            self.bytes -= entry.loaded.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Result<Loaded, EngineError> {
        Ok(Loaded::Numbers(vec![0; count].into()))
    }

    #[test]
    fn the_least_recently_used_column_goes_first() {
        let cache = ColumnCache::new(1000);
        let is_kept = |name: &str| {
            let missing = || Err(EngineError::Part("not kept".into()));
            cache.get(1, name, missing).is_ok()
        };
        for name in ["a", "b"] {
            assert!(cache.get(1, name, || numbers(100)).is_ok());
        }
        assert!(is_kept("a"));
        assert!(cache.get(1, "c", || numbers(100)).is_ok());
        assert_eq!(["a", "b", "c"].map(is_kept), [true, false, true]);
        cache.forget(1);
        assert_eq!(cache.state().bytes, 0);
    }
}
