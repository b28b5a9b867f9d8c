//! Dead letters, and the tries of items that may have ended the process.

use empmix_model::dead::{DeadLetter, LetterId};
use rusqlite::{Connection, params};

use super::CatalogueError;
use empmix_store::StoreError;

/// Keeps a letter under its id, unless it is kept already.
pub(crate) fn keep(connection: &Connection, letter: &DeadLetter) -> Result<(), CatalogueError> {
    let body = serde_json::to_string(letter)
        .map_err(|error| StoreError::Invalid(format!("a dead letter is not JSON: {error}")))?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO dead_letters (id, project, body) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            letter.id().0,
            letter.project.map(|project| project.0),
            body
        ])?;
    Ok(())
}

/// The letters that were kept last.
pub(crate) fn newest(
    connection: &Connection,
    limit: usize,
) -> Result<Vec<DeadLetter>, CatalogueError> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM dead_letters ORDER BY no DESC LIMIT ?1")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let bodies = statement.query_map([limit], |row| row.get::<_, String>(0))?;
    bodies
        .map(|body| {
            serde_json::from_str(&body?).map_err(|error| {
                StoreError::Storage(format!("a dead letter is damaged: {error}")).into()
            })
        })
        .collect()
}

/// Counts a try; returns how many came before it.
pub(crate) fn begin_try(connection: &Connection, item: LetterId) -> Result<u32, CatalogueError> {
    let tries: u32 = connection
        .prepare_cached(
            "INSERT INTO tries (item, n) VALUES (?1, 1)
             ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
        )?
        .query_row([item.0], |row| row.get(0))?;
    Ok(tries - 1)
}

/// Forgets the tries of an item.
pub(crate) fn end_tries(connection: &Connection, item: LetterId) -> Result<(), CatalogueError> {
    connection
        .prepare_cached("DELETE FROM tries WHERE item = ?1")?
        .execute([item.0])?;
    Ok(())
}
