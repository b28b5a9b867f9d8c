//! The contract of a store on a real MongoDB, which refuses every query that would go through a whole
//! collection.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use empmix_store::{Store, contract::Harness, store_contract};
use empmix_tests::{
    mongo_store::{database, open},
    mongod::Mongod,
};
use mongodb::bson::{Document, doc};

/// A database of its own on the shared server.
struct Mongo {
    uri: String,
}

#[async_trait]
impl Harness for Mongo {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(open(&self.uri).await)
    }
}

fn server() -> &'static Mongod {
    static SERVER: OnceLock<Mongod> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = Mongod::start();
        server.refuse_scans();
        server
    })
}

async fn harness() -> Mongo {
    Mongo {
        uri: server().fresh_uri(),
    }
}

store_contract!(harness);

#[tokio::test]
async fn the_server_refuses_to_go_through_a_collection() {
    let database = database(&server().fresh_uri()).await;
    let events = database.collection::<Document>("events");
    events.insert_one(doc! {"n": 1}).await.expect("written");
    let error = events.find_one(doc! {"n": 1}).await.expect_err("no index");
    assert!(error.to_string().contains("notablescan"), "{error}");
}
