//! Connections that read the catalogue beside the writer. Each is used for one short query.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use rusqlite::Connection;

use crate::catalogue;
use crate::catalogue::CatalogueError;
use empmix_store::StoreError;

/// Idle connections that are kept.
const KEPT: usize = 4;

/// A pool of reading connections.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// A pool for a catalogue that exists.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
        }
    }

    /// Runs a query. Blocks; it must be short, since it holds back the log's checkpoint.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, CatalogueError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => catalogue::open_reader(&self.path)?,
        };
        let result = query(&connection);
        if result.is_ok() {
            let mut idle = self.idle();
            if idle.len() < KEPT {
                idle.push(connection);
            }
        }
        Ok(result?)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
