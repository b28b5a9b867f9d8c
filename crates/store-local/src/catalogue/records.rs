//! The table `records`.

use empmix_model::{EpochMs, ids::ProjectId};
use empmix_store::{Record, RecordKey, RecordKind, StoreError, records::body_of};
use rusqlite::{Connection, OptionalExtension, params};

use super::CatalogueError;

/// Adds a record with version 1; false when its id is taken.
pub(crate) fn create(
    connection: &Connection,
    project: i64,
    key: &RecordKey,
    body: &str,
    now: EpochMs,
) -> Result<bool, CatalogueError> {
    let added = connection.execute(
        "INSERT INTO records (project, kind, id, version, updated_at, body)
         VALUES (?1, ?2, ?3, 1, ?4, ?5) ON CONFLICT DO NOTHING",
        params![project, key.kind.text(), key.id, now, body],
    )?;
    Ok(added > 0)
}

/// Replaces the body of the record that has this version; false when it has another one.
pub(crate) fn update(
    connection: &Connection,
    project: i64,
    key: &RecordKey,
    version: i64,
    body: &str,
    now: EpochMs,
) -> Result<bool, CatalogueError> {
    let changed = connection.execute(
        "UPDATE records SET version = version + 1, updated_at = ?5, body = ?6
         WHERE project = ?1 AND kind = ?2 AND id = ?3 AND version = ?4",
        params![project, key.kind.text(), key.id, version, now, body],
    )?;
    Ok(changed > 0)
}

/// Removes the record that has this version; false when it has another one.
pub(crate) fn delete(
    connection: &Connection,
    project: i64,
    key: &RecordKey,
    version: i64,
) -> Result<bool, CatalogueError> {
    let removed = connection.execute(
        "DELETE FROM records WHERE project = ?1 AND kind = ?2 AND id = ?3 AND version = ?4",
        params![project, key.kind.text(), key.id, version],
    )?;
    Ok(removed > 0)
}

/// A record.
pub(crate) fn read(
    connection: &Connection,
    project: i64,
    key: &RecordKey,
) -> Result<Record, CatalogueError> {
    let found = connection
        .query_row(
            "SELECT version, updated_at, body FROM records
             WHERE project = ?1 AND kind = ?2 AND id = ?3",
            params![project, key.kind.text(), key.id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
        )
        .optional()?;
    let (version, updated_at, body) = found.ok_or(StoreError::NotFound("the record"))?;
    Ok(Record {
        key: key.clone(),
        version,
        updated_at,
        body: body_of(&body)?,
    })
}

/// Which records a page holds.
pub(crate) struct Page {
    pub(crate) project: ProjectId,
    pub(crate) kind: RecordKind,
    pub(crate) after: Option<String>,
    pub(crate) limit: usize,
}

/// A page of records, by id.
pub(crate) fn list(
    connection: &Connection,
    number: i64,
    page: &Page,
) -> Result<Vec<Record>, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, version, updated_at, body FROM records
         WHERE project = ?1 AND kind = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
    )?;
    let after = page.after.as_deref().unwrap_or("");
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![number, page.kind.text(), after, limit])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let key = RecordKey {
            project: page.project,
            kind: page.kind,
            id: row.get(0)?,
        };
        records.push(Record {
            key,
            version: row.get(1)?,
            updated_at: row.get(2)?,
            body: body_of(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(records)
}
