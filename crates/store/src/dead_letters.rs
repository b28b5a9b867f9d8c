//! Items that the store never accepts, with their original bytes.

use async_trait::async_trait;
use empmix_model::dead::{DeadLetter, LetterId};

use crate::StoreError;

/// Keeps dead letters. Methods may be called from many tasks at once and end within a deadline.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Keeps letters under their ids; one that is kept already stays as it is. Durable when it returns.
    async fn keep_letters(&self, letters: &[DeadLetter]) -> Result<(), StoreError>;

    /// Letters, the last kept first, at most `limit`.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Counts a try to write an item that may have ended the process before; durable when it returns.
    /// Returns how many tries came before this one.
    async fn begin_try(&self, item: LetterId) -> Result<u32, StoreError>;

    /// Forgets the tries of items that were written.
    async fn end_tries(&self, items: &[LetterId]) -> Result<(), StoreError>;
}
