//! The store in MongoDB as tests meet it: over a fresh database, and with the database beside it.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use empmix_store::{
    Batch, Catalogue, Store, StoreError,
    contract::fixtures::{Fixture, NOON, event, items, message, new_project},
};
use empmix_store_mongo::{MongoOptions, MongoStore};
use mongodb::{
    Client,
    bson::{Binary, spec::BinarySubtype},
};

use crate::mongod::Mongod;

/// How long a database may take to get the layout of this release. A call waits for it only as long as
/// its own deadline, which is less than a slow disk needs while other tests make their databases.
const PREPARED: Duration = Duration::from_secs(90);

/// A store in the database of a URI, once the database has its layout.
pub async fn open(uri: &str) -> MongoStore {
    open_with(uri, MongoOptions::default()).await
}

/// A store with these options in the database of a URI, once the database has its layout.
pub async fn open_with(uri: &str, options: MongoOptions) -> MongoStore {
    let store = MongoStore::connect(uri, options).await;
    let store = store.expect("the URI is good");
    let began = Instant::now();
    while let Err(error) = store.projects().await {
        let waits = matches!(error, StoreError::Unavailable(_)) && began.elapsed() < PREPARED;
        assert!(waits, "the database is not prepared: {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store
}

/// A store in the database of a URI; its server may be away.
pub async fn connect(uri: &str) -> MongoStore {
    let store = MongoStore::connect(uri, MongoOptions::default()).await;
    store.expect("the URI is good")
}

/// A store in a fresh database with one project, and the URI of the database.
pub async fn fixture(server: &Mongod) -> (Fixture, String) {
    let uri = server.fresh_uri();
    let store: Arc<dyn Store> = Arc::new(open(&uri).await);
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
