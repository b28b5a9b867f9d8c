//! Writing: messages in, durable rows out.

use async_trait::async_trait;
use empmix_model::{Properties, envelope::Envelope, ids::ProjectId, item::Instruction};

use crate::StoreError;

/// Messages of one project that are written together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The project; every envelope is of it.
    pub project: ProjectId,
    /// The messages, in the order they were delivered.
    pub envelopes: Vec<Envelope>,
}

/// The outcome of one item of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemOutcome {
    /// It is new and now durable.
    Stored,
    /// An equal item from another message was there already.
    Deduplicated,
    /// The same message had stored it already.
    Redelivered,
    /// A different item has this id; the first stays, this one goes to the dead letters.
    Conflict,
    /// The store will never take it as it is; it goes to the dead letters.
    Poison,
}

/// The outcome of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Per envelope, per item, in the batch's order.
    pub outcomes: Vec<Vec<ItemOutcome>>,
}

/// Takes messages. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Writes messages of one project: facts are folded, events inserted, sessions recomputed,
    /// refusals and alterations kept as warnings, job parts marked stored. When it returns `Ok`
    /// everything is durable and visible to the next query. Writing the same batch again, whole or
    /// in part, changes nothing. An unknown project is `NotFound`.
    async fn write(&self, batch: Batch) -> Result<Written, StoreError>;
}

/// The content that two equal items must share: (event, distinct id, properties) in canonical
/// JSON, without times and ids; the first 8 bytes of its SHA-256.
pub fn content_hash(
    event: &str,
    distinct_id: &str,
    properties: &Properties,
) -> Result<i64, StoreError> {
    let content = (event, distinct_id, properties);
    let canonical = serde_json_canonicalizer::to_vec(&content)
        .map_err(|error| StoreError::Storage(error.to_string()))?;
    Ok(empmix_model::ids::content_hash(&canonical))
}

/// The content that two equal instructions must share: (authority, distinct id, action) in
/// canonical JSON, without times and ids; the first 8 bytes of its SHA-256.
pub fn instruction_hash(instruction: &Instruction) -> Result<i64, StoreError> {
    let content = (
        instruction.authority,
        &instruction.distinct_id,
        &instruction.action,
    );
    let canonical = serde_json_canonicalizer::to_vec(&content)
        .map_err(|error| StoreError::Storage(error.to_string()))?;
    Ok(empmix_model::ids::content_hash(&canonical))
}
