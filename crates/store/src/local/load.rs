//! What is read into memory when the store opens.

use std::collections::HashMap;

use empmix_model::{ids::ProjectId, project::Project};
use rusqlite::Connection;

use super::{
    catalogue::{dense, facts, hot, projects, warnings},
    chunk::{self, Chunk, NumberedRow},
    pending::Hot,
    project::{Data, Dictionary, ProjectState},
    row::{EventRow, Known},
};
use crate::StoreError;

/// Hot rows that are read at a time.
const PAGE: usize = 50_000;

/// A project as the store begins with it.
pub(super) struct Loaded {
    pub(super) id: ProjectId,
    pub(super) state: ProjectState,
    pub(super) hot: Hot,
}

/// Reads every project.
pub(super) fn load(connection: &Connection) -> Result<Vec<Loaded>, StoreError> {
    let projects = projects::list(connection)?;
    projects
        .into_iter()
        .map(|(no, project)| load_project(connection, no, &project))
        .collect()
}

fn load_project(connection: &Connection, no: i64, project: &Project) -> Result<Loaded, StoreError> {
    warnings::trim_messages(connection, no)?;
    let ids = Dictionary::of(dense::load(connection, dense::Dictionary::Ids, no)?);
    let names = Dictionary::of(dense::load(connection, dense::Dictionary::EventNames, no)?);
    let mut data = Data {
        user_of: (0..ids.len()).collect(),
        ids,
        names,
        ..Data::default()
    };
    for (id, user) in facts::users(connection, no)? {
        let (id, user) = (number(&data.ids, &id)?, number(&data.ids, &user)?);
        data.user_of[id as usize] = user;
    }
    let hot = load_hot(connection, no, &mut data)?;
    Ok(Loaded {
        id: project.id,
        state: ProjectState::new(no, project, data),
        hot,
    })
}

fn load_hot(connection: &Connection, no: i64, data: &mut Data) -> Result<Hot, StoreError> {
    let mut known = HashMap::new();
    let mut from = Some(0);
    let end = hot::next_number(connection, no)?;
    while let Some(start) = from {
        let (rows, next) = hot::page(connection, no, start, end, PAGE)?;
        from = next;
        let rows: Vec<NumberedRow> = rows
            .into_iter()
            .map(|row| numbered(data, row))
            .collect::<Result<_, _>>()?;
        for row in &rows {
            let row = &row.row;
            let entry = Known {
                content: row.content,
                message_id: row.message_id,
            };
            known.insert(row.hash, entry);
        }
        if !rows.is_empty() {
            chunk::add(&mut data.hot, Chunk::of(rows));
        }
    }
    Ok(Hot {
        known,
        next_number: end,
    })
}

fn numbered(data: &Data, row: EventRow) -> Result<NumberedRow, StoreError> {
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
