//! Hot events: those that are in no part yet.

use empmix_model::{Properties, ids::ItemHash};
use rusqlite::{Connection, Row, params};

use super::CatalogueError;
use super::{fixed, row_key, row_number};
use crate::memory::row::EventRow;
use empmix_store::StoreError;

/// Adds an event under the next number of its project. `properties` is their JSON.
pub(crate) fn insert(
    connection: &Connection,
    project: i64,
    number: u64,
    row: &EventRow,
    properties: &str,
) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(
            "INSERT INTO hot_events (row, hash, event, distinct_id, time, client_time, received_at,
               insert_id, session_id, message_id, content, properties)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            row_key(project, number),
            row.hash.0,
            row.event,
            row.distinct_id,
            row.time,
            row.client_time,
            row.received_at,
            row.insert_id,
            row.session_id,
            row.message_id,
            row.content,
            properties,
        ])?;
    Ok(())
}

/// A page of a project's hot events in order of arrival, from number `from` on and below `end`;
/// and the number to go on from, if there may be more.
pub(crate) fn page(
    connection: &Connection,
    project: i64,
    from: u64,
    end: u64,
    limit: usize,
) -> Result<(Vec<EventRow>, Option<u64>), CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT row, hash, event, distinct_id, time, client_time, received_at, insert_id,
           session_id, message_id, content, properties
         FROM hot_events WHERE row >= ?1 AND row < ?2 ORDER BY row LIMIT ?3",
    )?;
    let limit_sql = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![
        row_key(project, from),
        row_key(project, end),
        limit_sql
    ])?;
    let mut page = Vec::new();
    let mut next = from;
    while let Some(row) = rows.next()? {
        next = row_number(row.get(0)?) + 1;
        page.push(read(row)?);
    }
    let more = (page.len() == limit).then_some(next);
    Ok((page, more))
}

/// The number after a project's newest row, 0 without one; rows that were sealed and are deleted
/// already do not count.
pub(crate) fn next_number(connection: &Connection, project: i64) -> Result<u64, CatalogueError> {
    let newest: Option<i64> = connection.query_row(
        "SELECT max(row) FROM hot_events WHERE row >= ?1 AND row < ?2",
        params![row_key(project, 0), row_key(project + 1, 0)],
        |row| row.get(0),
    )?;
    Ok(newest.map_or(0, |key| row_number(key) + 1))
}

fn read(row: &Row<'_>) -> Result<EventRow, CatalogueError> {
    let properties: String = row.get(11)?;
    let properties: Properties = serde_json::from_str(&properties)
        .map_err(|error| StoreError::Storage(format!("a hot event's properties: {error}")))?;
    let mut event = EventRow {
        hash: ItemHash(fixed(row, 1)?),
        event: row.get(2)?,
        distinct_id: row.get(3)?,
        time: row.get(4)?,
        client_time: row.get(5)?,
        received_at: row.get(6)?,
        insert_id: row.get(7)?,
        session_id: row.get(8)?,
        message_id: fixed(row, 9)?,
        content: row.get(10)?,
        properties,
        id_day: None,
    };
    event.id_day = event.dated();
    Ok(event)
}
