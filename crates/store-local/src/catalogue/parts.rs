//! The parts that count, and where a project's hot rows begin.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::CatalogueError;
use super::{row_key, row_number};
use crate::parts::{filter::IdFilter, layout, sealed::PartRecord};
use empmix_store::StoreError;

/// Names a part.
pub(crate) fn insert(
    connection: &Connection,
    project: i64,
    part: &PartRecord,
) -> Result<(), CatalogueError> {
    let text = |json: serde_json::Result<String>| {
        json.map_err(|error| StoreError::Storage(error.to_string()))
    };
    let summary = text(serde_json::to_string(&*part.summary))?;
    let id_days = text(serde_json::to_string(&part.id_days))?;
    connection
        .prepare_cached(
            "INSERT INTO parts (no, project, file, rows, bytes, min_time, max_time, checksum, id_days, filter, summary, layout)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            part.number,
            project,
            part.file,
            i64::try_from(part.rows).unwrap_or(i64::MAX),
            part.bytes.cast_signed(),
            part.time_range.0,
            part.time_range.1,
            part.checksum,
            id_days,
            part.filter.bytes(),
            summary,
            part.layout,
        ])?;
    Ok(())
}

/// Lets go of a part.
pub(crate) fn remove(connection: &Connection, number: i64) -> Result<(), CatalogueError> {
    connection.execute("DELETE FROM parts WHERE no = ?1", [number])?;
    Ok(())
}

/// A project's parts, oldest first.
pub(crate) fn list(
    connection: &Connection,
    project: i64,
) -> Result<Vec<PartRecord>, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT no, file, rows, bytes, min_time, max_time, checksum, id_days, filter, summary, layout
         FROM parts WHERE project = ?1 ORDER BY no",
    )?;
    let mut rows = statement.query([project])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        let damaged = |what: &str| StoreError::Storage(format!("a part's {what} is damaged"));
        let (file, version): (String, i64) = (row.get(1)?, row.get(10)?);
        layout::check_version(&version.to_string()).map_err(|error| {
            StoreError::Storage(format!("the part {file} cannot be read: {error}"))
        })?;
        let (id_days, summary): (String, String) = (row.get(7)?, row.get(9)?);
        parts.push(PartRecord {
            number: row.get(0)?,
            layout: version,
            file,
            rows: usize::try_from(row.get::<_, i64>(2)?).map_err(|_| damaged("row count"))?,
            bytes: row.get::<_, i64>(3)?.cast_unsigned(),
            time_range: (row.get(4)?, row.get(5)?),
            checksum: row.get(6)?,
            id_days: serde_json::from_str(&id_days).map_err(|_| damaged("days"))?,
            filter: IdFilter::from_bytes(row.get(8)?).ok_or_else(|| damaged("filter"))?,
            summary: Arc::new(serde_json::from_str(&summary).map_err(|_| damaged("summary"))?),
        });
    }
    Ok(parts)
}

/// The largest number that a part ever had; 0 without one.
pub(crate) fn last_number(connection: &Connection) -> Result<i64, CatalogueError> {
    let last: Option<i64> = connection.query_row(
        "SELECT max(seq) FROM sqlite_sequence WHERE name = 'parts'",
        [],
        |row| row.get(0),
    )?;
    Ok(last.unwrap_or(0))
}

/// The number of a project's first hot row: those below are in parts, though they may not have
/// been deleted yet.
pub(crate) fn sealed_below(connection: &Connection, project: i64) -> Result<u64, CatalogueError> {
    let number: i64 = connection.query_row(
        "SELECT sealed_below FROM projects WHERE no = ?1",
        [project],
        |row| row.get(0),
    )?;
    Ok(number.cast_unsigned())
}

/// Moves the number of a project's first hot row.
pub(crate) fn set_sealed_below(
    connection: &Connection,
    project: i64,
    number: u64,
) -> Result<(), CatalogueError> {
    connection.execute(
        "UPDATE projects SET sealed_below = ?2 WHERE no = ?1",
        params![project, number.cast_signed()],
    )?;
    Ok(())
}

/// Deletes some of a project's rows below a number; says whether any were left.
pub(crate) fn delete_some_hot(
    connection: &Connection,
    project: i64,
    end: u64,
    limit: usize,
) -> Result<bool, CatalogueError> {
    let first: Option<i64> = connection.query_row(
        "SELECT min(row) FROM hot_events WHERE row >= ?1 AND row < ?2",
        params![row_key(project, 0), row_key(project, end)],
        |row| row.get(0),
    )?;
    let Some(first) = first else {
        return Ok(false);
    };
    let until = end.min(row_number(first) + limit as u64);
    connection.execute(
        "DELETE FROM hot_events WHERE row >= ?1 AND row < ?2",
        params![first, row_key(project, until)],
    )?;
    Ok(true)
}
