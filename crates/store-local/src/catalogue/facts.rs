//! Links, and what all facts together say about each id.

use empmix_model::{
    identity::{FactKey, FoldedLink, Group, IdState, Link},
    ids::ItemHash,
    item::Authority,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::fixed;
use super::{CatalogueError, optional_code, text, unknown};

const LINK_COLUMNS: &str =
    "source, destination, authority, item, received_at, message_id, idx, refusal";

/// Writes a link with its result, over the one that is equal to it.
pub(crate) fn put_link(
    connection: &Connection,
    project: i64,
    folded: &FoldedLink,
) -> Result<(), CatalogueError> {
    let FoldedLink { link, refusal } = folded;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO links (project, source, destination, authority, item,
               received_at, message_id, idx, refusal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
            refusal.map(text),
        ])?;
    Ok(())
}

/// Removes a link.
pub(crate) fn delete_link(
    connection: &Connection,
    project: i64,
    link: &Link,
) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(
            "DELETE FROM links
             WHERE project = ?1 AND source = ?2 AND destination = ?3 AND authority = ?4",
        )?
        .execute(params![
            project,
            link.source,
            link.destination,
            authority_code(link.authority),
        ])?;
    Ok(())
}

/// The link that is equal to this one, if it is stored.
pub(crate) fn link(
    connection: &Connection,
    project: i64,
    link: &Link,
) -> Result<Option<FoldedLink>, CatalogueError> {
    let sql = format!(
        "SELECT {LINK_COLUMNS} FROM links
         WHERE project = ?1 AND source = ?2 AND destination = ?3 AND authority = ?4"
    );
    let authority = authority_code(link.authority);
    let found = connection
        .prepare_cached(&sql)?
        .query_row(
            params![project, link.source, link.destination, authority],
            read_link,
        )
        .optional()?;
    Ok(found)
}

/// The links of clients that begin at an id; at most
/// [`CLIENT_LINKS_PER_SOURCE`](empmix_model::limits::CLIENT_LINKS_PER_SOURCE).
pub(crate) fn client_links_from(
    connection: &Connection,
    project: i64,
    source: &str,
) -> Result<Vec<FoldedLink>, CatalogueError> {
    let sql = format!(
        "SELECT {LINK_COLUMNS} FROM links INDEXED BY links_of_clients
         WHERE project = ?1 AND source = ?2 AND authority = 0"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let links = statement.query_map(params![project, source], read_link)?;
    Ok(links.collect::<Result<_, _>>()?)
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
         SELECT {LINK_COLUMNS} FROM links INDEXED BY links_by_destination
         WHERE project = ?1 AND destination = ?2 AND source <> ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let links = statement.query_map(params![project, id], read_link)?;
    Ok(links.collect::<Result<_, _>>()?)
}

/// What the facts say about an id; `None` when no fact names it.
pub(crate) fn state(
    connection: &Connection,
    project: i64,
    id: &str,
) -> Result<Option<IdState>, CatalogueError> {
    let state = connection
        .prepare_cached(
            "SELECT user, identified, ids, changed, named FROM identities
             WHERE project = ?1 AND id = ?2",
        )?
        .query_row(params![project, id], read_state)
        .optional()?;
    Ok(state)
}

/// Writes what the facts say about an id.
pub(crate) fn put_state(
    connection: &Connection,
    project: i64,
    id: &str,
    state: &IdState,
) -> Result<(), CatalogueError> {
    let bytes = |key: Option<FactKey>| key.map(FactKey::to_bytes);
    let group = state.group;
    connection
        .prepare_cached(
            "INSERT INTO identities (project, id, user, identified, ids, changed, named)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET user = excluded.user, identified = excluded.identified,
               ids = excluded.ids, changed = excluded.changed, named = excluded.named",
        )?
        .execute(params![
            project,
            id,
            state.user,
            bytes(state.identified),
            group.map(|group| i64::try_from(group.ids).unwrap_or(i64::MAX)),
            bytes(group.and_then(|group| group.changed)),
            bytes(group.and_then(|group| group.named)),
        ])?;
    Ok(())
}

/// The other ids of a user, and what the facts say about each.
pub(crate) fn members(
    connection: &Connection,
    project: i64,
    user: &str,
) -> Result<Vec<(String, IdState)>, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT user, identified, ids, changed, named, id FROM identities
         INDEXED BY identities_by_user WHERE project = ?1 AND user = ?2",
    )?;
    let ids = statement.query_map(params![project, user], |row| {
        Ok((row.get(5)?, read_state(row)?))
    })?;
    Ok(ids.collect::<Result<_, _>>()?)
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

/// Every id that belongs to another user, with that user.
pub(crate) fn users(
    connection: &Connection,
    project: i64,
) -> Result<Vec<(String, String)>, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, user FROM identities INDEXED BY identities_by_user
         WHERE project = ?1 AND user IS NOT NULL",
    )?;
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

fn read_state(row: &Row<'_>) -> rusqlite::Result<IdState> {
    let key = |column| -> rusqlite::Result<Option<FactKey>> {
        let bytes: Option<[u8; FactKey::BYTES]> = row.get(column)?;
        Ok(bytes.map(FactKey::from_bytes))
    };
    let ids: Option<i64> = row.get(2)?;
    let group = match ids {
        None => None,
        Some(ids) => Some(Group {
            ids: usize::try_from(ids)
                .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, ids))?,
            changed: key(3)?,
            named: key(4)?,
        }),
    };
    Ok(IdState {
        user: row.get(0)?,
        identified: key(1)?,
        group,
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
