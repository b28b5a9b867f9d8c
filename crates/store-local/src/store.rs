//! Opening and closing.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    thread::JoinHandle,
};

use empmix_engine::EngineError;
use rusqlite::Connection;

use crate::{
    catalogue::{self, parts},
    memory::load,
    memory::project::ProjectState,
    options::LocalOptions,
    parts::cache::ColumnCache,
    parts::seal::{self, SealTrigger, Sealer},
    read::readers::Readers,
    write::pending::Hot,
    write::writer::{Shared, Writer},
};
use empmix_store::StoreError;

/// The store in a directory of this machine. The process that opens it holds the directory's lock.
pub struct LocalStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) readers: Arc<Readers>,
    running: Mutex<Option<Running>>,
}

/// What runs while the store is open.
struct Running {
    writer: Writer,
    threads: [JoinHandle<()>; 2],
}

impl LocalStore {
    /// Opens the store in a directory that exists, and makes its files if they are not there.
    /// Blocks while parts are checked and hot rows are read into memory.
    ///
    /// # Errors
    /// [`StoreError::Storage`] when a file is missing, is damaged or was written by a newer
    /// release.
    pub fn open(dir: &Path, options: &LocalOptions) -> Result<Self, StoreError> {
        let path = dir.join("catalogue.sqlite");
        let connection = catalogue::open_writer(&path)?;
        let readers = Arc::new(Readers::new(path));
        let parts_dir = dir.join("parts");
        let cache = Arc::new(ColumnCache::new(options.column_budget));
        let last_part = parts::last_number(&connection)?;
        let (projects, hot) = read_projects(&connection, &parts_dir, &cache)?;
        let (wake, listener) = SealTrigger::new(options.seal_rows);
        let shared = Arc::new(Shared {
            projects: RwLock::new(projects),
            failure: OnceLock::new(),
            sealer: wake,
        });
        let (writer, writer_thread) = Writer::start(
            connection,
            shared.clone(),
            hot,
            options.alarm.guard("store writer"),
        )?;
        let sealer = Sealer {
            shared: shared.clone(),
            readers: readers.clone(),
            writer: writer.clone(),
            dir: parts_dir,
            options: options.clone(),
            cache,
            last_part,
        };
        let threads = [seal::start(sealer, listener)?, writer_thread];
        Ok(Self {
            shared,
            readers,
            running: Mutex::new(Some(Running { writer, threads })),
        })
    }

    /// The writer, while the store is open.
    pub(crate) fn writer(&self) -> Result<Writer, StoreError> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .as_ref()
            .map(|running| running.writer.clone())
            .ok_or_else(|| StoreError::Unavailable("the store is closed".into()))
    }

    /// Stops what runs: no more writes. The threads end when they have done what waits.
    pub(crate) fn stop(&self) -> Option<[JoinHandle<()>; 2]> {
        self.shared.sealer.stop();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.take().map(|running| running.threads)
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.stop();
    }
}

type Opened = (
    HashMap<empmix_model::ids::ProjectId, Arc<ProjectState>>,
    HashMap<empmix_model::ids::ProjectId, Hot>,
);

fn read_projects(
    connection: &Connection,
    parts_dir: &Path,
    cache: &Arc<ColumnCache>,
) -> Result<Opened, StoreError> {
    let mut projects = HashMap::new();
    let mut hot = HashMap::new();
    for loaded in load::load(connection, parts_dir, cache)? {
        let id = loaded.project.id;
        let state = ProjectState::new(loaded.project_number, &loaded.project, loaded.data);
        projects.insert(id, Arc::new(state));
        hot.insert(id, loaded.hot);
    }
    Ok((projects, hot))
}

/// An error of the engine as the store's.
pub(crate) fn engine_error(error: EngineError) -> StoreError {
    match error {
        EngineError::Cancelled => StoreError::Unavailable(error.to_string()),
        EngineError::Part(message) => StoreError::Storage(message),
        EngineError::Invalid(error) => StoreError::Storage(error.to_string()),
    }
}
