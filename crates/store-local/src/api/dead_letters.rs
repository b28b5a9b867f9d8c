//! `DeadLetters` of the store.

use async_trait::async_trait;
use empmix_model::dead::{DeadLetter, LetterId};
use empmix_store::{DeadLetters, StoreError};

use crate::{catalogue::dead_letters, store::LocalStore};

#[async_trait]
impl DeadLetters for LocalStore {
    async fn keep_letters(&self, letters: &[DeadLetter]) -> Result<(), StoreError> {
        let letters = letters.to_vec();
        let keep = move |connection: &rusqlite::Transaction<'_>| {
            letters
                .iter()
                .try_for_each(|letter| dead_letters::keep(connection, letter))
        };
        self.writer()?.run(keep, |_, ()| {}).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(move |connection| dead_letters::newest(connection, limit))
            .await
    }

    async fn begin_try(&self, item: LetterId) -> Result<u32, StoreError> {
        let begin =
            move |connection: &rusqlite::Transaction<'_>| dead_letters::begin_try(connection, item);
        self.writer()?.run(begin, |_, _| {}).await
    }

    async fn end_tries(&self, items: &[LetterId]) -> Result<(), StoreError> {
        let items = items.to_vec();
        let end = move |connection: &rusqlite::Transaction<'_>| {
            items
                .iter()
                .try_for_each(|item| dead_letters::end_tries(connection, *item))
        };
        self.writer()?.run(end, |_, ()| {}).await
    }
}
