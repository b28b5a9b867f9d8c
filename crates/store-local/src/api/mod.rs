//! The store traits, a file each: writes go through the writer thread, reads run on threads that may
//! block.

mod catalogue;
mod dead_letters;
mod event_log;
mod event_sink;
mod identity;
mod jobs;
mod records;
mod reports;
mod warnings;

use async_trait::async_trait;
use empmix_model::ids::ProjectId;
use empmix_query::answer::Engine;
use empmix_store::{Sink, Store, StoreError};
use rusqlite::Connection;

use crate::{catalogue::CatalogueError, memory::view::View, store::LocalStore};

impl LocalStore {
    /// Runs a query of the catalogue on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.check()?;
        let readers = self.readers.clone();
        blocking(move || readers.read(query)).await
    }

    /// Runs a query of a project's rows on a thread that may block.
    async fn read_rows<T: Send + 'static>(
        &self,
        project: ProjectId,
        query: impl FnOnce(&View) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.check()?;
        let project = self.shared.project(project)?;
        blocking(move || query(&project.view())).await
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Storage(format!("a read failed: {error}"))))
}

#[async_trait]
impl Sink for LocalStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.shared.check()?;
        self.writer().map(|_| ())
    }
}

#[async_trait]
impl Store for LocalStore {
    fn engine(&self) -> Engine {
        Engine::Local
    }

    async fn close(&self) {
        let threads = self.stop();
        for thread in threads.into_iter().flatten() {
            // They end by themselves once what waits is done; a panic of theirs is not ours.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.shared.close();
    }
}
