//! `DeadLetters` of the store.

use async_trait::async_trait;
use empmix_model::dead::{DeadLetter, LetterId};
use empmix_store::{DeadLetters, StoreError};

use crate::MongoStore;

#[async_trait]
impl DeadLetters for MongoStore {
    async fn keep_letters(&self, letters: &[DeadLetter]) -> Result<(), StoreError> {
        self.ready().await?;
        self.insert_letters(letters).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.ready().await?;
        self.newest_letters(limit).await
    }

    async fn begin_try(&self, item: LetterId) -> Result<u32, StoreError> {
        self.ready().await?;
        self.count_try(item).await
    }

    async fn end_tries(&self, items: &[LetterId]) -> Result<(), StoreError> {
        self.ready().await?;
        self.forget_tries(items).await
    }
}
