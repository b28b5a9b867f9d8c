//! What is read into memory when the store opens.

use std::{collections::HashMap, path::Path, sync::Arc, time::Instant};

use empmix_model::project::Project;
use rusqlite::Connection;

use crate::{
    catalogue::{dense, facts, hot, parts, projects, warnings},
    memory::chunk::{self, Chunk, NumberedRow},
    memory::project::{Data, Dictionary},
    memory::row::{EventRow, StoredItem},
    parts::{cache::ColumnCache, sealed::SealedPart, write::PartsDir},
    write::pending::Hot,
};
use empmix_store::StoreError;

/// Hot rows that are read at a time: as rows they take several times the memory of their columns.
const PAGE: usize = 5_000;

/// A project as the store begins with it.
pub(crate) struct Loaded {
    pub(crate) project_number: i64,
    pub(crate) project: Project,
    pub(crate) data: Data,
    pub(crate) hot: Hot,
}

/// Reads every project, checks the parts in `dir`, and removes files that the catalogue does not name.
pub(crate) fn load(
    connection: &Connection,
    dir: &Path,
    cache: &Arc<ColumnCache>,
) -> Result<Vec<Loaded>, StoreError> {
    let projects = projects::list(connection)?;
    let mut named = Vec::new();
    for (project_number, _) in &projects {
        named.extend(parts::list(connection, *project_number)?);
    }
    PartsDir(dir).check(&named)?;
    projects
        .into_iter()
        .map(|(project_number, project)| {
            let mut loaded = load_project(connection, project_number, &project)?;
            for record in parts::list(connection, project_number)? {
                let part = SealedPart::open(dir, record, cache.clone())?;
                loaded.data.parts.push(Arc::new(part));
            }
            Ok(loaded)
        })
        .collect()
}

fn load_project(
    connection: &Connection,
    project_number: i64,
    project: &Project,
) -> Result<Loaded, StoreError> {
    warnings::trim_messages(connection, project_number)?;
    let ids = Dictionary::of(dense::load(
        connection,
        dense::Dictionary::Ids,
        project_number,
    )?);
    let names = Dictionary::of(dense::load(
        connection,
        dense::Dictionary::EventNames,
        project_number,
    )?);
    let mut data = Data {
        user_of: (0..ids.len()).collect(),
        ids,
        names,
        ..Data::default()
    };
    for (id, user) in facts::users(connection, project_number)? {
        let (id, user) = (number(&data.ids, &id)?, number(&data.ids, &user)?);
        data.user_of.set(id as usize, user);
    }
    let hot = load_hot(connection, project_number, &mut data)?;
    Ok(Loaded {
        project_number,
        project: project.clone(),
        data,
        hot,
    })
}

fn load_hot(
    connection: &Connection,
    project_number: i64,
    data: &mut Data,
) -> Result<Hot, StoreError> {
    let mut known = HashMap::new();
    let first = parts::sealed_below(connection, project_number)?;
    let end = hot::next_number(connection, project_number)?.max(first);
    let mut from = Some(first);
    while let Some(start) = from {
        let (rows, next) = hot::page(connection, project_number, start, end, PAGE)?;
        from = next;
        let rows: Vec<NumberedRow> = rows
            .into_iter()
            .map(|row| numbered(data, row))
            .collect::<Result<_, _>>()?;
        for row in &rows {
            let row = &row.row;
            let entry = StoredItem {
                content: row.content,
                message_id: row.message_id,
            };
            known.insert(row.hash, entry);
        }
        if !rows.is_empty() {
            chunk::add(&mut data.hot, Chunk::of(&rows));
            data.hot_since.get_or_insert_with(Instant::now);
        }
    }
    Ok(Hot {
        known,
        next_number: end,
        refused: warnings::refused(connection, project_number)?,
    })
}

/// A row with its dense numbers, which the catalogue must know.
pub(crate) fn numbered(data: &Data, row: EventRow) -> Result<NumberedRow, StoreError> {
    Ok(NumberedRow {
        id: number(&data.ids, &row.distinct_id)?,
        code: number(&data.names, &row.event)?,
        row,
    })
}

fn number(dictionary: &Dictionary, text: &str) -> Result<u32, StoreError> {
    dictionary.number(text).ok_or_else(|| {
        StoreError::Storage("the catalogue names an id or an event that has no number".into())
    })
}
