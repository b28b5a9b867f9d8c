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
        let text = body_text(&body)?;
        let no = self.shared.project(key.project)?.no;
        let work = move |connection: &rusqlite::Transaction<'_>| {
            if !records::create(connection, no, &key, &text, now)? {
                return Err(key.taken().into());
            }
            records::read(connection, no, &key)
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
        let text = body_text(&body)?;
        let no = self.shared.project(key.project)?.no;
        let work = move |connection: &rusqlite::Transaction<'_>| {
            records::read(connection, no, &key)?;
            if !records::update(connection, no, &key, version, &text, now)? {
                return Err(key.stale(version).into());
            }
            records::read(connection, no, &key)
        };
        self.writer()?.run(work, |_, _| {}).await
    }

    async fn delete_record(&self, key: RecordKey, version: i64) -> Result<(), StoreError> {
        let no = self.shared.project(key.project)?.no;
        let work = move |connection: &rusqlite::Transaction<'_>| {
            records::read(connection, no, &key)?;
            if !records::delete(connection, no, &key, version)? {
                return Err(key.stale(version).into());
            }
            Ok(())
        };
        self.writer()?.run(work, |_, ()| {}).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Record, StoreError> {
        let no = self.shared.project(key.project)?.no;
        let key = key.clone();
        self.read(move |connection| records::read(connection, no, &key))
            .await
    }

    async fn records(
        &self,
        project: ProjectId,
        kind: RecordKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let no = self.shared.project(project)?.no;
        let page = Page {
            project,
            kind,
            after: after.map(str::to_owned),
            limit: page_limit(limit),
        };
        self.read(move |connection| records::list(connection, no, &page))
            .await
    }
}
