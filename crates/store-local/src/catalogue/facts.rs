//! Identity facts and what the fold says of them.

use empmix_model::{
    identity::{Fact, FactKey, FoldedLink, Link},
    ids::ItemHash,
    item::Authority,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::fixed;
use super::{CatalogueError, optional_code, text, unknown};

const LINK_COLUMNS: &str =
    "source, destination, authority, item, received_at, message_id, idx, refusal";

/// Keeps a fact if it is new or earlier than the copy that is known; says whether it did.
pub(crate) fn keep(
    connection: &Connection,
    project: i64,
    fact: &Fact,
) -> Result<bool, CatalogueError> {
    match fact {
        Fact::Link(link) => keep_link(connection, project, link),
        Fact::Identification { id, key } => keep_identification(connection, project, id, *key),
    }
}

fn keep_link(connection: &Connection, project: i64, link: &Link) -> Result<bool, CatalogueError> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO links (project, source, destination, authority, item, received_at, message_id, idx)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET item = excluded.item, received_at = excluded.received_at,
               message_id = excluded.message_id, idx = excluded.idx
             WHERE (excluded.received_at, excluded.message_id, excluded.idx) < (received_at, message_id, idx)",
        )?
        .execute(params![
            project,
            link.source,
            link.destination,
            authority_code(link.authority),
            link.item.0,
            link.key.received_at,
            link.key.message_id.as_bytes(),
            link.key.index,
        ])?;
    Ok(changed > 0)
}

fn keep_identification(
    connection: &Connection,
    project: i64,
    id: &str,
    key: FactKey,
) -> Result<bool, CatalogueError> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO identifications (project, id, received_at, message_id, idx)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET received_at = excluded.received_at,
               message_id = excluded.message_id, idx = excluded.idx
             WHERE (excluded.received_at, excluded.message_id, excluded.idx) < (received_at, message_id, idx)",
        )?
        .execute(params![project, id, key.received_at, key.message_id.as_bytes(), key.index])?;
    Ok(changed > 0)
}

/// The links that name an id, as source or as destination.
pub(crate) fn links_of(
    connection: &Connection,
    project: i64,
    id: &str,
) -> Result<Vec<FoldedLink>, CatalogueError> {
    let sql = format!(
        "SELECT {LINK_COLUMNS} FROM links WHERE project = ?1 AND source = ?2
         UNION ALL
         SELECT {LINK_COLUMNS} FROM links WHERE project = ?1 AND destination = ?2 AND source <> ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let links = statement.query_map(params![project, id], read_link)?;
    Ok(links.collect::<Result<_, _>>()?)
}

/// The identification of an id, if it was ever identified.
pub(crate) fn identification_of(
    connection: &Connection,
    project: i64,
    id: &str,
) -> Result<Option<Fact>, CatalogueError> {
    let key = connection
        .prepare_cached(
            "SELECT received_at, message_id, idx FROM identifications WHERE project = ?1 AND id = ?2",
        )?
        .query_row(params![project, id], |row| read_key(row, 0))
        .optional()?;
    Ok(key.map(|key| Fact::Identification { id: id.into(), key }))
}

/// Every link of a project in key order.
pub(crate) fn all_links(
    connection: &Connection,
    project: i64,
) -> Result<Vec<FoldedLink>, CatalogueError> {
    let sql = format!(
        "SELECT {LINK_COLUMNS} FROM links WHERE project = ?1 ORDER BY received_at, message_id, idx"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let links = statement.query_map([project], read_link)?;
    Ok(links.collect::<Result<_, _>>()?)
}

/// The newest refused links, at most `limit`, by when they were received.
pub(crate) fn refused(
    connection: &Connection,
    project: i64,
    limit: usize,
) -> Result<Vec<FoldedLink>, CatalogueError> {
    let sql = format!(
        "SELECT {LINK_COLUMNS} FROM links WHERE project = ?1 AND refusal IS NOT NULL
         ORDER BY received_at DESC LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let links = statement.query_map(params![project, limit], read_link)?;
    Ok(links.collect::<Result<_, _>>()?)
}

/// Writes the result on a link.
pub(crate) fn classify(
    connection: &Connection,
    project: i64,
    folded: &FoldedLink,
) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(
            "UPDATE links SET refusal = ?5
             WHERE project = ?1 AND source = ?2 AND destination = ?3 AND authority = ?4",
        )?
        .execute(params![
            project,
            folded.link.source,
            folded.link.destination,
            authority_code(folded.link.authority),
            folded.refusal.map(text),
        ])?;
    Ok(())
}

/// Writes the user that an id resolves to; `None` when it is its own.
pub(crate) fn set_user(
    connection: &Connection,
    project: i64,
    id: &str,
    user: Option<&str>,
) -> Result<(), CatalogueError> {
    match user {
        Some(user) => connection
            .prepare_cached(
                "INSERT INTO users (project, id, user) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET user = excluded.user WHERE user <> excluded.user",
            )?
            .execute(params![project, id, user])?,
        None => connection
            .prepare_cached("DELETE FROM users WHERE project = ?1 AND id = ?2")?
            .execute(params![project, id])?,
    };
    Ok(())
}

/// Every id that has a link, with its user.
pub(crate) fn users(
    connection: &Connection,
    project: i64,
) -> Result<Vec<(String, String)>, CatalogueError> {
    let mut statement =
        connection.prepare_cached("SELECT id, user FROM users WHERE project = ?1")?;
    let users = statement.query_map([project], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(users.collect::<Result<_, _>>()?)
}

fn read_link(row: &Row<'_>) -> rusqlite::Result<FoldedLink> {
    let authority = match row.get::<_, i64>(2)? {
        0 => Authority::Client,
        1 => Authority::Server,
        other => return Err(unknown(2, "authority of a link", &other.to_string())),
    };
    Ok(FoldedLink {
        link: Link {
            item: ItemHash(fixed(row, 3)?),
            source: row.get(0)?,
            destination: row.get(1)?,
            authority,
            key: read_key(row, 4)?,
        },
        refusal: optional_code(row, 7, "refusal of a link")?,
    })
}

fn read_key(row: &Row<'_>, first: usize) -> rusqlite::Result<FactKey> {
    Ok(FactKey {
        received_at: row.get(first)?,
        message_id: Uuid::from_bytes(fixed(row, first + 1)?),
        index: row.get(first + 2)?,
    })
}

fn authority_code(authority: Authority) -> i64 {
    match authority {
        Authority::Client => 0,
        Authority::Server => 1,
    }
}
