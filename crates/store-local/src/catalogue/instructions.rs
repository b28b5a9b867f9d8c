//! Instructions, each stored once under its item id.

use empmix_model::{EpochMs, ids::ItemHash, item::Instruction};
use rusqlite::{Connection, OptionalExtension, params};

use super::CatalogueError;
use super::fixed;
use crate::memory::row::StoredItem;

/// What is known of an instruction, if it is stored.
pub(crate) fn known(
    connection: &Connection,
    project: i64,
    hash: ItemHash,
) -> Result<Option<StoredItem>, CatalogueError> {
    let known = connection
        .prepare_cached(
            "SELECT content, message_id FROM instructions WHERE project = ?1 AND hash = ?2",
        )?
        .query_row(params![project, hash.0], |row| {
            Ok(StoredItem {
                content: row.get(0)?,
                message_id: fixed(row, 1)?,
            })
        })
        .optional()?;
    Ok(known)
}

/// An instruction that is to be stored.
pub(crate) struct NewInstruction {
    pub(crate) instruction: Instruction,
    pub(crate) known: StoredItem,
    pub(crate) received_at: EpochMs,
    /// Its JSON.
    pub(crate) body: String,
}

/// Stores an instruction.
pub(crate) fn insert(
    connection: &Connection,
    project: i64,
    new: &NewInstruction,
) -> Result<(), CatalogueError> {
    let NewInstruction {
        instruction,
        known,
        received_at,
        body,
    } = new;
    connection
        .prepare_cached(
            "INSERT INTO instructions (project, hash, distinct_id, time, received_at, message_id, content, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            project,
            instruction.id.0,
            instruction.distinct_id,
            instruction.time,
            received_at,
            known.message_id,
            known.content,
            body,
        ])?;
    Ok(())
}

/// Marks an instruction whose link is not kept because its source has too many; false when it was
/// marked before.
pub(crate) fn mark_beyond(
    connection: &Connection,
    project: i64,
    hash: ItemHash,
) -> Result<bool, CatalogueError> {
    let marked = connection
        .prepare_cached(
            "UPDATE instructions SET beyond = 1 WHERE project = ?1 AND hash = ?2 AND beyond = 0",
        )?
        .execute(params![project, hash.0])?;
    Ok(marked > 0)
}
