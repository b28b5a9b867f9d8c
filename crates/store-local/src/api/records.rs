//! `Records` of the store.

use async_trait::async_trait;
use empmix_model::{EpochMs, ids::ProjectId};
use empmix_store::{
    Record, RecordKey, RecordKind, Records, StoreError,
    records::{body_text, page_limit},
};
use serde_json::Value;

use crate::{
    catalogue::records::{self, Page},
    store::LocalStore,
};

#[async_trait]
impl Records for LocalStore {
    async fn create_record(
        &self,
        key: RecordKey,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError> {
        key.check()?;
        let number = self.shared.project(key.project)?.number;
        let text = body_text(&body)?;
        let work = move |connection: &rusqlite::Transaction<'_>| {
            if !records::create(connection, number, &key, &text, now)? {
                return Err(key.taken().into());
            }
            records::read(connection, number, &key)
        };
        self.writer()?.run(work, |_, _| {}).await
    }

    async fn update_record(
        &self,
        key: RecordKey,
        version: i64,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError> {
        let number = self.shared.project(key.project)?.number;
        let text = body_text(&body)?;
        let work = move |connection: &rusqlite::Transaction<'_>| {
            records::read(connection, number, &key)?;
            if !records::update(connection, number, &key, version, &text, now)? {
                return Err(key.stale(version).into());
            }
            records::read(connection, number, &key)
        };
        self.writer()?.run(work, |_, _| {}).await
    }

    async fn delete_record(&self, key: RecordKey, version: i64) -> Result<(), StoreError> {
        let number = self.shared.project(key.project)?.number;
        let work = move |connection: &rusqlite::Transaction<'_>| {
            records::read(connection, number, &key)?;
            if !records::delete(connection, number, &key, version)? {
                return Err(key.stale(version).into());
            }
            Ok(())
        };
        self.writer()?.run(work, |_, ()| {}).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Record, StoreError> {
        let number = self.shared.project(key.project)?.number;
        let key = key.clone();
        self.read(move |connection| records::read(connection, number, &key))
            .await
    }

    async fn records(
        &self,
        project: ProjectId,
        kind: RecordKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let number = self.shared.project(project)?.number;
        let page = Page {
            project,
            kind,
            after: after.map(str::to_owned),
            limit: page_limit(limit),
        };
        self.read(move |connection| records::list(connection, number, &page))
            .await
    }
}
