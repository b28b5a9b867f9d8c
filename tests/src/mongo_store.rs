//! The store in MongoDB as tests meet it: over a fresh database, and with the database beside it.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::sync::Arc;

use empmix_store::{
    Batch, Store,
    contract::fixtures::{Fixture, NOON, event, items, message, new_project},
};
use empmix_store_mongo::{MongoOptions, MongoStore};
use mongodb::{
    Client,
    bson::{Binary, spec::BinarySubtype},
};

use crate::mongod::Mongod;

/// A store in the database of a URI.
pub async fn connect(uri: &str) -> MongoStore {
    let store = MongoStore::connect(uri, MongoOptions::default()).await;
    store.expect("the URI is good")
}

/// A store in a fresh database with one project, and the URI of the database.
pub async fn fixture(server: &Mongod) -> (Fixture, String) {
    let uri = server.fresh_uri();
    let store: Arc<dyn Store> = Arc::new(connect(&uri).await);
    let project = store
        .create_project(new_project(1, "one"))
        .await
        .expect("a project")
        .id;
    (Fixture { store, project }, uri)
}

/// The database as the store does not show it.
pub async fn database(uri: &str) -> mongodb::Database {
    let client = Client::with_uri_str(uri).await.expect("a client");
    client.default_database().expect("the URI names one")
}

/// The project's id as the store writes it.
pub fn project_id(fixture: &Fixture) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: fixture.project.0.to_vec(),
    }
}

/// A message of `count` views by fifty users, numbered from `from`.
pub fn batch(fixture: &Fixture, number: u32, from: u32, count: u32) -> Batch {
    let events = (from..from + count).map(|n| {
        let (id, user) = (format!("i{n}"), format!("u{}", n % 50));
        event(&id, &user, "view", NOON + i64::from(n))
    });
    Batch {
        project: fixture.project,
        envelopes: vec![message(fixture.project, number, items(events))],
    }
}
