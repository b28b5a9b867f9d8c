//! The collection `records`: `_id` is `{p, k, i}` (project, kind, id), `v` the version, `t` the time
//! of the last write, `b` the body as JSON text, since names in it may be anything.

use empmix_model::{EpochMs, ids::ProjectId};
use empmix_store::{
    Record, RecordKey, RecordKind, StoreError,
    records::{body_of, body_text},
};
use mongodb::{
    bson::{Document, doc},
    options::ReturnDocument,
};
use serde_json::Value;

use crate::{
    MongoStore,
    calls::{answered, failed, listed, within},
    catalogue::is_duplicate,
    documents::{project_id, time},
    facts::broken,
};

impl MongoStore {
    pub(crate) async fn create_record_of(
        &self,
        key: RecordKey,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError> {
        let made =
            doc! {"_id": record_id(&key), "v": 1_i64, "t": time(now), "b": body_text(&body)?};
        let records = self.collection("records");
        let inserted = answered(self.options.call_deadline, records.insert_one(made)).await?;
        match inserted {
            Ok(_) => Ok(Record {
                key,
                version: 1,
                updated_at: now,
                body,
            }),
            Err(error) if is_duplicate(&error) => Err(key.taken()),
            Err(error) => Err(failed(&error)),
        }
    }

    pub(crate) async fn update_record_of(
        &self,
        key: RecordKey,
        version: i64,
        body: Value,
        now: EpochMs,
    ) -> Result<Record, StoreError> {
        let records = self.collection("records");
        let change = doc! {
            "$inc": {"v": 1_i64},
            "$set": {"t": time(now), "b": body_text(&body)?},
        };
        let call = records
            .find_one_and_update(doc! {"_id": record_id(&key), "v": version}, change)
            .return_document(ReturnDocument::After);
        match within(self.options.call_deadline, call).await? {
            Some(document) => read_record(key, &document),
            None => Err(self.not_written(&key, version).await),
        }
    }

    pub(crate) async fn delete_record_of(
        &self,
        key: RecordKey,
        version: i64,
    ) -> Result<(), StoreError> {
        let records = self.collection("records");
        let call = records.delete_one(doc! {"_id": record_id(&key), "v": version});
        match within(self.options.call_deadline, call)
            .await?
            .deleted_count
        {
            0 => Err(self.not_written(&key, version).await),
            _ => Ok(()),
        }
    }

    pub(crate) async fn record_of(&self, key: &RecordKey) -> Result<Record, StoreError> {
        let records = self.newest("records");
        let call = records.find_one(doc! {"_id": record_id(key)});
        let found = within(self.options.call_deadline, call).await?;
        read_record(
            key.clone(),
            &found.ok_or(StoreError::NotFound("the record"))?,
        )
    }

    pub(crate) async fn records_of(
        &self,
        project: ProjectId,
        kind: RecordKind,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Record>, StoreError> {
        let of = |id: &str| RecordKey {
            project,
            kind,
            id: id.to_owned(),
        };
        // Ids are compared as bytes, in one project and kind: `_id` is a document of three fields.
        let next_kind = doc! {"p": project_id(project), "k": kind.text(), "i": {}};
        let range = doc! {"$gt": record_id(&of(after.unwrap_or(""))), "$lt": next_kind};
        let records = self.newest("records");
        let call = records
            .find(doc! {"_id": range})
            .sort(doc! {"_id": 1})
            .limit(limit);
        let found: Vec<Document> = listed(self.options.call_deadline, call).await?;
        found
            .iter()
            .map(|document| {
                let id = document.get_document("_id").and_then(|id| id.get_str("i"));
                read_record(of(id.map_err(|_| broken("a record"))?), document)
            })
            .collect()
    }

    /// Why a write with a version found nothing to change.
    async fn not_written(&self, key: &RecordKey, version: i64) -> StoreError {
        match self.record_of(key).await {
            Ok(_) => key.stale(version),
            Err(error) => error,
        }
    }
}

fn record_id(key: &RecordKey) -> Document {
    doc! {"p": project_id(key.project), "k": key.kind.text(), "i": key.id.as_str()}
}

fn read_record(key: RecordKey, document: &Document) -> Result<Record, StoreError> {
    let part = || {
        let version = document.get_i64("v").ok()?;
        let updated_at = document.get_datetime("t").ok()?.timestamp_millis();
        Some((version, updated_at, document.get_str("b").ok()?))
    };
    let (version, updated_at, body) = part().ok_or_else(|| broken("a record"))?;
    Ok(Record {
        key,
        version,
        updated_at,
        body: body_of(body)?,
    })
}
