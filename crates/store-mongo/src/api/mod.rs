//! The store traits, a file each. Every method first waits until the database is `ready`.

mod catalogue;
mod dead_letters;
mod event_log;
mod event_sink;
mod identity;
mod jobs;
mod records;
mod reports;
mod warnings;

use async_trait::async_trait;
use empmix_query::answer::Engine;
use empmix_store::{Sink, Store, StoreError};

use crate::MongoStore;

#[async_trait]
impl Sink for MongoStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.replica_set().await?;
        self.ready().await
    }
}

#[async_trait]
impl Store for MongoStore {
    fn engine(&self) -> Engine {
        Engine::Mongodb
    }

    async fn close(&self) {
        self.closed.send_replace(true);
        // Connections are given back; what is under way has its own deadline.
        self.client.clone().shutdown().await;
    }
}
