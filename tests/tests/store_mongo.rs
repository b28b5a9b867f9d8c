//! The contract of a store on a real MongoDB, and what only MongoDB can be asked.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::sync::Arc;

use async_trait::async_trait;
use empmix_store::{Store, contract::Harness, store_contract};
use empmix_store_mongo::{MongoOptions, MongoStore};
use empmix_tests::mongod::Mongod;

/// A database of its own on the shared server.
struct Mongo {
    uri: String,
}

#[async_trait]
impl Harness for Mongo {
    async fn open(&self) -> Arc<dyn Store> {
        let store = MongoStore::connect(&self.uri, MongoOptions::default()).await;
        Arc::new(store.expect("the URI is good"))
    }
}

async fn harness() -> Mongo {
    Mongo {
        uri: Mongod::shared().fresh_uri(),
    }
}

store_contract!(harness);
