//! Warnings: bounded, counted exactly, and added once per message.
//!
//! Refused bodies: [`REFUSED_KEPT`] and [`REFUSED_BYTES_KEPT`] per project, oldest out; the writer knows
//! how many there are, and drops the oldest only when a tenth more is there ([`RefusedBodies`]).
//! Alterations and conflicts: at most [`ALTERATION_SAMPLES`] per type and UTC day. Refused links
//! are not here: they are what the fold says now, so that they vanish with it.
//!
//! A message adds its warnings once: `warned_messages` remembers those that did, the newest
//! [`MESSAGES_KEPT`] (message ids begin with their time). A message that is older than all of
//! them and delivered again would be counted again.

use empmix_model::{
    DAY_MS,
    limits::{ALTERATION_SAMPLES, REFUSED_BYTES_KEPT, REFUSED_KEPT},
    warning::{Warning, WarningKind},
};
use rusqlite::{Connection, Row, params};

use super::{CatalogueError, code};
use empmix_store::RefusedBodies;

/// Messages with warnings that are remembered per project.
const MESSAGES_KEPT: i64 = 1_000_000;

/// Notes that a message adds its warnings now; false when it did before.
pub(crate) fn begin_message(
    connection: &Connection,
    project: i64,
    message_id: &[u8; 16],
) -> Result<bool, CatalogueError> {
    let added = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO warned_messages (project, message_id) VALUES (?1, ?2)",
        )?
        .execute(params![project, message_id])?;
    Ok(added > 0)
}

/// Counts a warning and keeps it as far as the bounds allow.
pub(crate) fn add(
    connection: &Connection,
    project: i64,
    warning: &Warning,
) -> Result<(), CatalogueError> {
    let count: i64 = connection
        .prepare_cached(
            "INSERT INTO warning_counts (project, kind, day, n) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
        )?
        .query_row(
            params![
                project,
                warning.kind.name(),
                warning.received_at.div_euclid(DAY_MS)
            ],
            |row| row.get(0),
        )?;
    let is_sample = count <= i64::try_from(ALTERATION_SAMPLES).unwrap_or(i64::MAX);
    if warning.kind == WarningKind::Refused || is_sample {
        keep(connection, project, warning)?;
    }
    Ok(())
}

fn keep(connection: &Connection, project: i64, warning: &Warning) -> Result<(), CatalogueError> {
    let size = warning.bytes.as_ref().map_or(0, String::len);
    connection
        .prepare_cached(
            "INSERT INTO warnings (project, kind, message, bytes, size, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            project,
            warning.kind.name(),
            warning.message,
            warning.bytes,
            i64::try_from(size).unwrap_or(i64::MAX),
            warning.received_at,
        ])?;
    Ok(())
}

/// The refused bodies that are kept.
pub(crate) fn refused(
    connection: &Connection,
    project: i64,
) -> Result<RefusedBodies, CatalogueError> {
    let number = |row: &Row<'_>, at| {
        row.get(at)
            .map(|number: i64| usize::try_from(number).unwrap_or(0))
    };
    let refused = connection
        .prepare_cached("SELECT count(*), coalesce(sum(size), 0) FROM warnings WHERE project = ?1 AND kind = ?2")?
        .query_row(params![project, WarningKind::Refused.name()], |row| {
            Ok(RefusedBodies {
                count: number(row, 0)?,
                bytes: number(row, 1)?,
            })
        })?;
    Ok(refused)
}

/// Drops the oldest refused bodies beyond what is kept; returns those that are left.
pub(crate) fn trim(connection: &Connection, project: i64) -> Result<RefusedBodies, CatalogueError> {
    connection
        .prepare_cached(
            "DELETE FROM warnings WHERE no IN (SELECT no FROM (
               SELECT no, row_number() OVER newest AS n, sum(size) OVER newest AS bytes
               FROM warnings WHERE project = ?1 AND kind = ?2
               WINDOW newest AS (ORDER BY no DESC)) WHERE n > ?3 OR bytes > ?4)",
        )?
        .execute(params![
            project,
            WarningKind::Refused.name(),
            i64::try_from(REFUSED_KEPT).unwrap_or(i64::MAX),
            i64::try_from(REFUSED_BYTES_KEPT).unwrap_or(i64::MAX),
        ])?;
    refused(connection, project)
}

/// Forgets the oldest messages beyond the bound.
pub(crate) fn trim_messages(connection: &Connection, project: i64) -> Result<(), CatalogueError> {
    connection.execute(
        "DELETE FROM warned_messages WHERE project = ?1 AND message_id <= (
           SELECT message_id FROM warned_messages WHERE project = ?1
           ORDER BY message_id DESC LIMIT 1 OFFSET ?2)",
        params![project, MESSAGES_KEPT],
    )?;
    Ok(())
}

/// The newest kept warnings, at most `limit`.
pub(crate) fn newest(
    connection: &Connection,
    project: i64,
    limit: usize,
) -> Result<Vec<Warning>, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, message, bytes, received_at FROM warnings WHERE project = ?1
         ORDER BY received_at DESC, no DESC LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let warnings = statement.query_map(params![project, limit], |row| {
        Ok(Warning {
            kind: code(row, 0, "kind of a warning")?,
            message: row.get(1)?,
            bytes: row.get(2)?,
            received_at: row.get(3)?,
        })
    })?;
    Ok(warnings.collect::<Result<_, _>>()?)
}
