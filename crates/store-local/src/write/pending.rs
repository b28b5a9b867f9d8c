//! What a transaction is about to add to one project: it shows in memory only after the commit.

use std::{collections::HashMap, sync::Arc, time::Instant};

use empmix_model::{ids::ItemHash, stored::LiveItem, stored::StoredEvent, warning::Warning};
use rusqlite::Connection;

use crate::{
    catalogue::{dense, dense::Dictionary as Table, instructions::NewInstruction, warnings},
    memory::chunk::{self, Chunk, NumberedRow},
    memory::project::{Data, Dictionary, ProjectState},
    memory::row::StoredItem,
};
use empmix_store::{RefusedBodies, StoreError};

/// The writer's own knowledge of a project: where duplicates are searched first.
#[derive(Default)]
pub(crate) struct Hot {
    /// Hot items by hash.
    pub(crate) known: HashMap<ItemHash, StoredItem>,
    /// The number of the next hot row.
    pub(crate) next_number: u64,
    /// The refused bodies that are kept.
    pub(crate) refused: RefusedBodies,
}

/// New texts of a dictionary.
#[derive(Default)]
pub(crate) struct NewTexts {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl NewTexts {
    /// The number of a text, a new one if it is not known.
    pub(crate) fn number(
        &mut self,
        connection: &Connection,
        table: Table,
        project: i64,
        known: &Dictionary,
        text: &str,
    ) -> Result<u32, StoreError> {
        if let Some(number) = known
            .number(text)
            .or_else(|| self.numbers.get(text).copied())
        {
            return Ok(number);
        }
        let added = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let number = known.len().saturating_add(added);
        dense::insert(connection, table, project, number, text)?;
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        Ok(number)
    }
}

/// What a transaction adds to one project.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) ids: NewTexts,
    pub(crate) names: NewTexts,
    /// New events by hash, with the delivery that brought them.
    pub(crate) events: HashMap<ItemHash, (StoredItem, u64)>,
    /// New instructions, with the delivery that brought them.
    pub(crate) instructions: HashMap<ItemHash, (StoredItem, u64)>,
    /// Those of them that are not in the table yet.
    pub(crate) not_inserted: Vec<NewInstruction>,
    pub(crate) rows: Vec<NumberedRow>,
    /// Ids and their users now.
    pub(crate) users: Vec<(u32, u32)>,
    pub(crate) warnings: Vec<Warning>,
    /// The refused bodies that are kept now, if that has changed.
    refused: Option<RefusedBodies>,
    /// The new rows as columns, once they are made.
    chunk: Option<Chunk>,
}

impl Pending {
    /// Counts the refused bodies that came in, and drops the oldest when they are too many: once in a
    /// transaction.
    pub(crate) fn trim(
        &mut self,
        connection: &Connection,
        project: i64,
        before: RefusedBodies,
    ) -> Result<(), StoreError> {
        let added = RefusedBodies::of(&self.warnings);
        if added.count == 0 {
            return Ok(());
        }
        let mut kept = before;
        kept += added;
        if kept.need_trim() {
            kept = warnings::trim(connection, project)?;
        }
        self.refused = Some(kept);
        Ok(())
    }

    /// Makes columns of the new rows; done beside the commit, which waits for the disk.
    pub(crate) fn make_chunk(&mut self) {
        if !self.rows.is_empty() {
            self.chunk = Some(Chunk::of(&self.rows));
        }
    }

    /// Makes it visible, after the commit.
    pub(crate) fn publish(self, project: &ProjectState, hot: &mut Hot) {
        hot.next_number += self.rows.len() as u64;
        hot.refused = self.refused.unwrap_or(hot.refused);
        hot.known.extend(
            self.events
                .into_iter()
                .map(|(hash, (known, _))| (hash, known)),
        );
        // Columns are made outside the lock: readers wait for an assignment only.
        let mut chunks = project.read(|data| data.hot.clone());
        if let Some(chunk) = self.chunk {
            chunk::add(&mut chunks, chunk);
        }
        let (ids, names, users) = (self.ids.texts, self.names.texts, self.users);
        project.change(|data| {
            ids.into_iter().for_each(|text| data.ids.push(text));
            names.into_iter().for_each(|text| data.names.push(text));
            let first = u32::try_from(data.user_of.len()).unwrap_or(u32::MAX);
            data.user_of.extend(first..data.ids.len());
            for (id, user) in users {
                data.user_of.set(id as usize, user);
            }
            if !chunks.is_empty() {
                data.hot_since.get_or_insert_with(Instant::now);
            }
            data.hot = chunks;
        });
        if project.live.receiver_count() > 0 {
            send_live(project, self.rows, self.warnings);
        }
    }
}

/// Tells watchers what was stored. Without a watcher it does nothing.
fn send_live(project: &ProjectState, rows: Vec<NumberedRow>, warnings: Vec<Warning>) {
    let events = project.read(|data| {
        rows.into_iter()
            .map(|row| LiveItem::Event(stored_event(data, row)))
            .collect::<Vec<_>>()
    });
    for item in events
        .into_iter()
        .chain(warnings.into_iter().map(LiveItem::Warning))
    {
        let _ = project.live.send(item);
    }
}

fn stored_event(data: &Data, row: NumberedRow) -> StoredEvent {
    let user = data.user_of[row.id as usize];
    let row = row.row;
    StoredEvent {
        id: row.hash,
        event: row.event,
        user_id: data.ids.text(user).to_owned(),
        distinct_id: row.distinct_id,
        time: row.time,
        received_at: row.received_at,
        session_id: row.session_id,
        properties: row.properties,
    }
}
