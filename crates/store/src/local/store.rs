//! Opening and closing.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    thread::JoinHandle,
};

use empmix_engine::EngineError;

use super::{
    catalogue, load,
    options::LocalOptions,
    readers::Readers,
    writer::{Shared, Writer},
};
use crate::StoreError;

/// The store in a directory of this machine. Whoever opens it holds the directory's lock.
pub struct LocalStore {
    pub(super) shared: Arc<Shared>,
    pub(super) readers: Arc<Readers>,
    writer: Mutex<Option<(Writer, JoinHandle<()>)>>,
}

impl LocalStore {
    /// Opens the store in a directory that exists, and makes its files if they are not there.
    /// Blocks while the hot rows are read into memory.
    ///
    /// # Errors
    /// [`StoreError::Storage`] when a file is damaged or was written by a newer release.
    pub fn open(dir: &Path, options: &LocalOptions) -> Result<Self, StoreError> {
        let _ = options;
        let path = dir.join("catalogue.sqlite");
        let connection = catalogue::open_writer(&path)?;
        let mut projects = HashMap::new();
        let mut hot = HashMap::new();
        for loaded in load::load(&connection)? {
            projects.insert(loaded.id, Arc::new(loaded.state));
            hot.insert(loaded.id, loaded.hot);
        }
        let shared = Arc::new(Shared {
            projects: RwLock::new(projects),
            failure: OnceLock::new(),
        });
        let writer = Writer::start(connection, shared.clone(), hot)?;
        Ok(Self {
            shared,
            readers: Arc::new(Readers::new(path)),
            writer: Mutex::new(Some(writer)),
        })
    }

    /// The writer, while the store is open.
    pub(super) fn writer(&self) -> Result<Writer, StoreError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .as_ref()
            .map(|(writer, _)| writer.clone())
            .ok_or_else(|| StoreError::Unavailable("the store is closed".into()))
    }

    /// Takes the writer away: no more writes.
    pub(super) fn take_writer(&self) -> Option<JoinHandle<()>> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.take().map(|(_, thread)| thread)
    }
}

/// An error of the engine as the store's.
pub(super) fn engine_error(error: EngineError) -> StoreError {
    match error {
        EngineError::Cancelled => StoreError::Unavailable(error.to_string()),
        EngineError::Part(message) => StoreError::Storage(message),
        EngineError::Invalid(error) => StoreError::Storage(error.to_string()),
    }
}
