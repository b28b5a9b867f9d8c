//! What of a batch can be worked out before the writer sees it: hashes and JSON texts. Batches
//! are prepared side by side, so the one writer does only what must be done in order.

use empmix_model::{
    EpochMs,
    envelope::{Envelope, JobPart},
    identity::{Fact, facts_of},
    ids::ProjectId,
    item::{Instruction, Item},
    warning::Warning,
};

use crate::{memory::number::spell_numbers, memory::row::EventRow};
use empmix_store::{Batch, StoreError, content_hash, instruction_hash, wording};

/// A batch, ready to be written.
pub(crate) struct PreparedBatch {
    pub(crate) project: ProjectId,
    pub(crate) envelopes: Vec<PreparedEnvelope>,
}

/// A message, ready to be written.
pub(crate) struct PreparedEnvelope {
    pub(crate) message_id: [u8; 16],
    pub(crate) received_at: EpochMs,
    pub(crate) job: Option<JobPart>,
    pub(crate) items: Vec<PreparedItem>,
    /// Refusals and alterations that it carries.
    pub(crate) warnings: Vec<Warning>,
}

/// An item, ready to be written.
pub(crate) enum PreparedItem {
    Event {
        row: EventRow,
        /// JSON of the row's properties.
        properties: String,
    },
    Instruction {
        instruction: Instruction,
        content: i64,
        body: String,
        facts: Vec<Fact>,
    },
    /// Its content has no canonical form.
    Poison,
}

impl PreparedBatch {
    /// Prepares a batch. Costs about a microsecond per property; call it where blocking is fine.
    pub(crate) fn of(batch: Batch) -> Self {
        Self {
            project: batch.project,
            envelopes: batch
                .envelopes
                .into_iter()
                .map(PreparedEnvelope::of)
                .collect(),
        }
    }

    /// How many items it holds.
    pub(crate) fn items(&self) -> usize {
        self.envelopes
            .iter()
            .map(|envelope| envelope.items.len())
            .sum()
    }
}

impl PreparedEnvelope {
    fn of(mut envelope: Envelope) -> Self {
        let items = std::mem::take(&mut envelope.items);
        Self {
            message_id: *envelope.message_id.as_bytes(),
            received_at: envelope.received_at,
            job: envelope.job,
            warnings: wording::of_envelope(&envelope),
            items: items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    PreparedItem::of(item, index, &envelope).unwrap_or(PreparedItem::Poison)
                })
                .collect(),
        }
    }
}

impl PreparedItem {
    fn of(item: Item, index: usize, envelope: &Envelope) -> Result<Self, StoreError> {
        match item {
            Item::Event(mut event) => {
                spell_numbers(&mut event.properties);
                let content = content_hash(&event.event, &event.distinct_id, &event.properties)?;
                let properties = json(&event.properties)?;
                let row = EventRow::new(event, envelope, content);
                Ok(Self::Event { row, properties })
            }
            Item::Instruction(instruction) => Ok(Self::Instruction {
                content: instruction_hash(&instruction)?,
                body: json(&instruction)?,
                facts: facts_of(&instruction, envelope.fact_key(index)),
                instruction,
            }),
        }
    }

    /// The warning that another content has this item's id.
    pub(crate) fn conflict(&self, received_at: EpochMs) -> Warning {
        let (insert_id, content) = match self {
            Self::Event { row, properties } => (row.insert_id.as_str(), properties.clone()),
            Self::Instruction {
                instruction, body, ..
            } => (instruction.insert_id.as_str(), body.clone()),
            Self::Poison => ("", String::new()),
        };
        wording::conflict(insert_id, content, received_at)
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Storage(error.to_string()))
}
