//! One batch inside a transaction.

use std::collections::HashMap;

use empmix_model::{identity::FoldedLink, ids::ItemHash, warning::Warning};
use rusqlite::Connection;

use crate::{
    catalogue::{
        dense::Dictionary as Table,
        hot,
        instructions::{self, NewInstruction},
        jobs,
        sessions::{self, SessionDelta},
        warnings,
    },
    memory::chunk::NumberedRow,
    memory::project::{Data, ProjectState},
    memory::row::{EventRow, StoredItem},
    store::engine_error,
    write::identity,
    write::pending::{Hot, Pending},
    write::prepare::{PreparedBatch, PreparedEnvelope, PreparedItem},
};
use empmix_store::{ItemOutcome, StoreError, Written, wording};

/// A transaction's work on one project.
pub(crate) struct ProjectWrite<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) project: &'a ProjectState,
    pub(crate) data: &'a Data,
    pub(crate) hot: &'a Hot,
    pub(crate) pending: &'a mut Pending,
    /// Numbers the deliveries of this transaction.
    pub(crate) deliveries: &'a mut u64,
}

impl ProjectWrite<'_> {
    /// Writes a batch; nothing is visible before the commit.
    pub(crate) fn batch(&mut self, batch: PreparedBatch) -> Result<Written, StoreError> {
        let mut written = Written::default();
        let mut sessions = HashMap::new();
        let mut facts = Vec::new();
        for mut envelope in batch.envelopes {
            *self.deliveries += 1;
            let mut conflicts = Vec::new();
            let mut outcomes = Vec::with_capacity(envelope.items.len());
            for item in std::mem::take(&mut envelope.items) {
                let outcome =
                    self.item(item, &envelope, &mut sessions, &mut facts, &mut conflicts)?;
                outcomes.push(outcome);
            }
            self.warnings(&envelope, conflicts)?;
            if let Some(part) = envelope.job {
                jobs::store_part(self.connection, part)?;
            }
            written.outcomes.push(outcomes);
        }
        for (session, delta) in &sessions {
            sessions::add(self.connection, self.project.number, session, delta)?;
        }
        self.insert_instructions()?;
        self.identity(facts)?;
        Ok(written)
    }

    /// Inserts the instructions of a batch in the order of their index, so that each of its pages is changed
    /// once.
    fn insert_instructions(&mut self) -> Result<(), StoreError> {
        let mut new = std::mem::take(&mut self.pending.not_inserted);
        new.sort_unstable_by_key(|new| new.instruction.id);
        for new in &new {
            instructions::insert(self.connection, self.project.number, new)?;
        }
        Ok(())
    }

    fn item(
        &mut self,
        item: PreparedItem,
        envelope: &PreparedEnvelope,
        sessions: &mut HashMap<String, SessionDelta>,
        facts: &mut Vec<empmix_model::identity::Fact>,
        conflicts: &mut Vec<Warning>,
    ) -> Result<ItemOutcome, StoreError> {
        let found = match &item {
            PreparedItem::Event { row, .. } => self.known_event(row)?,
            PreparedItem::Instruction { instruction, .. } => {
                self.known_instruction(instruction.id)?
            }
            PreparedItem::Poison => return Ok(ItemOutcome::Poison),
        };
        let outcome = match (&item, found) {
            (_, None) => ItemOutcome::Stored,
            (
                PreparedItem::Event {
                    row: EventRow { content, .. },
                    ..
                }
                | PreparedItem::Instruction { content, .. },
                Some(found),
            ) => self.classify(found, *content, envelope.message_id),
            (PreparedItem::Poison, Some(_)) => ItemOutcome::Poison,
        };
        if outcome == ItemOutcome::Conflict {
            conflicts.push(item.conflict(envelope.received_at));
            return Ok(outcome);
        }
        match item {
            PreparedItem::Event { row, properties } if outcome == ItemOutcome::Stored => {
                self.event(row, &properties, sessions)?;
            }
            PreparedItem::Instruction {
                instruction,
                content,
                body,
                facts: stated,
            } => {
                if outcome == ItemOutcome::Stored {
                    let known = StoredItem {
                        content,
                        message_id: envelope.message_id,
                    };
                    let delivered = (known, *self.deliveries);
                    self.pending.instructions.insert(instruction.id, delivered);
                    self.pending.not_inserted.push(NewInstruction {
                        instruction,
                        known,
                        received_at: envelope.received_at,
                        body,
                    });
                }
                // A copy counts too: of equal items the smallest key is the fact's.
                facts.extend(stated);
            }
            PreparedItem::Event { .. } | PreparedItem::Poison => {}
        }
        Ok(outcome)
    }

    fn event(
        &mut self,
        row: EventRow,
        properties: &str,
        sessions: &mut HashMap<String, SessionDelta>,
    ) -> Result<(), StoreError> {
        let (connection, project_number) = (self.connection, self.project.number);
        let pending = &mut *self.pending;
        let id = pending.ids.number(
            connection,
            Table::Ids,
            project_number,
            &self.data.ids,
            &row.distinct_id,
        )?;
        let code = pending.names.number(
            connection,
            Table::EventNames,
            project_number,
            &self.data.names,
            &row.event,
        )?;
        let number = self.hot.next_number + pending.rows.len() as u64;
        hot::insert(connection, project_number, number, &row, properties)?;
        if let Some(session) = &row.session_id {
            match sessions.get_mut(session) {
                Some(delta) => delta.add(row.time, row.hash, &row.event),
                None => {
                    let delta = SessionDelta::of(row.time, row.hash, &row.event);
                    sessions.insert(session.clone(), delta);
                }
            }
        }
        let known = StoredItem {
            content: row.content,
            message_id: row.message_id,
        };
        pending.events.insert(row.hash, (known, *self.deliveries));
        pending.rows.push(NumberedRow { id, code, row });
        Ok(())
    }

    fn classify(&self, found: Found, content: i64, message_id: [u8; 16]) -> ItemOutcome {
        if found.known.content != content {
            ItemOutcome::Conflict
        } else if found.delivery != Some(*self.deliveries) && found.known.message_id == message_id {
            ItemOutcome::Redelivered
        } else {
            ItemOutcome::Deduplicated
        }
    }

    fn known_event(&self, row: &EventRow) -> Result<Option<Found>, StoreError> {
        let hash = row.hash;
        if let Some((known, delivery)) = self.pending.events.get(&hash) {
            return Ok(Some(Found {
                known: *known,
                delivery: Some(*delivery),
            }));
        }
        if let Some(known) = self.hot.known.get(&hash) {
            return Ok(Some(Found::before(*known)));
        }
        for part in &self.data.parts {
            if let Some(known) = part.known(hash, row.id_day).map_err(engine_error)? {
                return Ok(Some(Found::before(known)));
            }
        }
        Ok(None)
    }

    fn known_instruction(&self, hash: ItemHash) -> Result<Option<Found>, StoreError> {
        if let Some((known, delivery)) = self.pending.instructions.get(&hash) {
            return Ok(Some(Found {
                known: *known,
                delivery: Some(*delivery),
            }));
        }
        let known = instructions::known(self.connection, self.project.number, hash)?;
        Ok(known.map(Found::before))
    }

    fn warnings(
        &mut self,
        envelope: &PreparedEnvelope,
        conflicts: Vec<Warning>,
    ) -> Result<(), StoreError> {
        if envelope.warnings.is_empty() && conflicts.is_empty() {
            return Ok(());
        }
        let (connection, project_number) = (self.connection, self.project.number);
        if !warnings::begin_message(connection, project_number, &envelope.message_id)? {
            return Ok(());
        }
        let added = envelope.warnings.iter().cloned().chain(conflicts);
        for warning in added {
            warnings::add(connection, project_number, &warning)?;
            self.pending.warnings.push(warning);
        }
        Ok(())
    }

    fn identity(&mut self, facts: Vec<empmix_model::identity::Fact>) -> Result<(), StoreError> {
        let (connection, project_number) = (self.connection, self.project.number);
        let change = identity::apply(connection, project_number, facts)?;
        for (id, user) in change.moved {
            let mut number = |text: &str| {
                let ids = &mut self.pending.ids;
                ids.number(connection, Table::Ids, project_number, &self.data.ids, text)
            };
            let resolved = (number(&id)?, number(&user)?);
            self.pending.users.push(resolved);
        }
        for link in change.beyond {
            if instructions::mark_beyond(connection, project_number, link.item)? {
                let warning = wording::link_beyond(&link);
                warnings::add(connection, project_number, &warning)?;
                self.pending.warnings.push(warning);
            }
        }
        let refused = change.refused.iter().filter_map(refused_link);
        self.pending.warnings.extend(refused);
        Ok(())
    }
}

/// The warning of a link, if it is refused.
pub(crate) fn refused_link(folded: &FoldedLink) -> Option<Warning> {
    folded
        .refusal
        .map(|refusal| wording::refused_link(&folded.link, refusal))
}

/// A stored item, and the delivery of this transaction that stored it.
#[derive(Clone, Copy)]
struct Found {
    known: StoredItem,
    delivery: Option<u64>,
}

impl Found {
    fn before(known: StoredItem) -> Self {
        Self {
            known,
            delivery: None,
        }
    }
}
