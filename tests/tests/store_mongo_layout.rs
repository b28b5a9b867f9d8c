//! Layouts of the MongoDB database: those of earlier releases are opened, newer ones are refused, and
//! of several processes one migrates.
//!
//! `fixtures/mongo-layout-N.ndjson` holds the documents that the release with layout N wrote (the
//! history in `empmix_store::contract::history`), one a line as `{collection, document}` in canonical
//! extended JSON; `fixtures/mongo-layout-N-answers.json` what it answered. They never change.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here fails the test"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use empmix_store::{
    Catalogue as _, Store, StoreError,
    contract::{fixtures::Fixture, history},
};
use empmix_store_mongo::{MongoOptions, MongoStore};
use empmix_tests::{mongod::Mongod, repository, spawn::free_port};
use mongodb::{
    Client, Collection, Database,
    bson::{Bson, DateTime, Document, doc},
};
use serde_json::Value;

/// The version that this release writes.
const CURRENT: i64 = 1;

fn fixture(name: &str) -> PathBuf {
    repository().join("tests/tests/fixtures").join(name)
}

/// A database of its own, as a driver sees it and as a store opens it.
struct Opened {
    uri: String,
    database: Database,
}

impl Opened {
    async fn empty() -> Self {
        let uri = Mongod::shared().fresh_uri();
        let client = Client::with_uri_str(&uri).await.unwrap();
        let database = client.default_database().unwrap();
        Self { uri, database }
    }

    /// What the release with this layout wrote.
    async fn of_layout(layout: u32) -> Self {
        let opened = Self::empty().await;
        let lines = fs::read_to_string(fixture(&format!("mongo-layout-{layout}.ndjson"))).unwrap();
        let mut documents: BTreeMap<String, Vec<Document>> = BTreeMap::new();
        for line in lines.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let document = Bson::try_from(line["document"].take()).unwrap();
            let collection = line["collection"].as_str().unwrap().to_owned();
            let of_collection = documents.entry(collection).or_default();
            of_collection.push(document.as_document().unwrap().clone());
        }
        for (collection, documents) in documents {
            let collection = opened.collection(&collection);
            collection.insert_many(documents).await.unwrap();
        }
        opened
    }

    fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    /// A store whose calls wait as long as a slow disk may take to prepare a database.
    async fn store(&self) -> Fixture {
        let patient = MongoOptions {
            call_deadline: Duration::from_secs(60),
            ..MongoOptions::default()
        };
        self.store_with(patient).await
    }

    async fn store_with(&self, options: MongoOptions) -> Fixture {
        let store = MongoStore::connect(&self.uri, options).await.unwrap();
        Fixture {
            store: Arc::new(store) as Arc<dyn Store>,
            project: history::PROJECT,
        }
    }

    async fn version(&self) -> Option<i64> {
        let layout = self.collection("layout");
        let found = layout.find_one(doc! {"_id": "database"}).await.unwrap();
        found.map(|layout| layout.get_i64("version").unwrap())
    }

    /// Sets the version that another release left.
    async fn set_version(&self, version: i64) {
        let layout = self.collection("layout");
        let set = doc! {"$set": {"version": version}};
        let call = layout
            .update_one(doc! {"_id": "database"}, set)
            .upsert(true);
        call.await.unwrap();
    }

    /// Gives the lease to another process.
    async fn lease_to_another(&self, lasts: Duration) {
        let until = DateTime::now().timestamp_millis() + i64::try_from(lasts.as_millis()).unwrap();
        let lease = doc! {
            "_id": "lease", "holder": "another", "until": DateTime::from_millis(until),
        };
        self.collection("layout").insert_one(lease).await.unwrap();
    }
}

fn answers(layout: u32) -> Value {
    let name = format!("mongo-layout-{layout}-answers.json");
    serde_json::from_slice(&fs::read(fixture(&name)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_released_layout_gives_its_answers() {
    for layout in [0] {
        let opened = Opened::of_layout(layout).await;
        for _ in 0..2 {
            // The second time it has the layout of this release.
            let fixture = opened.store().await;
            let given = history::answers(&fixture).await;
            assert_eq!(given, answers(layout), "layout {layout}");
            fixture.store.close().await;
            assert_eq!(opened.version().await, Some(CURRENT));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrated_database_takes_further_events() {
    let opened = Opened::of_layout(0).await;
    let fixture = opened.store().await;
    let (total, _) = fixture.totals(None).await;
    history::write_second(fixture.store.as_ref()).await;
    let (again, _) = fixture.totals(None).await;
    assert_eq!(again, total, "they are there already");
    fixture.store.close().await;
}

/// Version 1: days that were written before marks were kept get theirs, and their schema is shown.
#[tokio::test(flavor = "multi_thread")]
async fn days_without_marks_are_marked() {
    let opened = Opened::of_layout(0).await;
    let days = opened.collection("days");
    let marked = days.count_documents(doc! {}).await.unwrap();
    assert!(marked >= 3);
    days.delete_many(doc! {}).await.unwrap();
    let fixture = opened.store().await;
    let given = history::answers(&fixture).await;
    assert_eq!(given["schema"], answers(0)["schema"]);
    assert_eq!(days.count_documents(doc! {}).await.unwrap(), marked);
    fixture.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused_and_not_changed() {
    let opened = Opened::empty().await;
    opened.set_version(99).await;
    let fixture = opened.store().await;
    let store = fixture.store.as_ref();
    for error in [
        store.check().await.unwrap_err(),
        store.projects().await.unwrap_err(),
        store.warnings(history::PROJECT, 9).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Storage(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("version 99"), "{text}");
        assert!(text.contains(&format!("up to {CURRENT}")), "{text}");
    }
    let names = opened.database.list_collection_names().await.unwrap();
    assert_eq!(names, ["layout"]);
    fixture.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_processes_each_finds_the_layout() {
    let opened = Opened::of_layout(0).await;
    let stores = [
        opened.store().await,
        opened.store().await,
        opened.store().await,
    ];
    let all = stores.iter().map(|fixture| fixture.store.projects());
    for projects in futures::future::join_all(all).await {
        assert_eq!(projects.unwrap().len(), 2);
    }
    assert_eq!(opened.version().await, Some(CURRENT));
}

/// A process that migrates keeps the others waiting; one that died does so until its lease ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_waited_for_until_it_ends() {
    let opened = Opened::of_layout(0).await;
    let (lasts, began) = (Duration::from_secs(3), Instant::now());
    opened.lease_to_another(lasts).await;
    let impatient = MongoOptions {
        call_deadline: Duration::from_secs(1),
        ..MongoOptions::default()
    };
    let fixture = opened.store_with(impatient).await;
    let error = fixture.store.projects().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("being prepared"), "{error}");
    assert_eq!(opened.version().await, None);
    while fixture.store.projects().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(60));
    }
    assert!(began.elapsed() >= lasts);
    assert_eq!(opened.version().await, Some(CURRENT));
    fixture.store.close().await;
}

/// While the server is unreachable each call reports it, however many wait, and none waits for others.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_named_as_the_reason() {
    let uri = format!("mongodb://127.0.0.1:{}/away", free_port());
    let store = MongoStore::connect(&uri, MongoOptions::default()).await;
    let store = store.unwrap();
    let calls = (0..20).map(|_| store.keys());
    for answer in futures::future::join_all(calls).await {
        let error = answer.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(!error.to_string().contains("being prepared"), "{error}");
    }
    store.close().await;
    let error = store.keys().await.unwrap_err();
    assert!(error.to_string().contains("closed"), "{error}");
}

/// What this release does not know is an error that says where, never a default.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_value_is_an_error() {
    let opened = Opened::of_layout(0).await;
    let fixture = opened.store().await;
    let store = fixture.store.as_ref();
    store.check().await.unwrap();
    let damages = [
        ("jobs", "state", "a job"),
        ("jobs", "error", "a job"),
        ("warnings", "k", "a warning"),
        ("warnings", "bytes", "a warning"),
        ("links", "f", "a link"),
        ("keys", "secret_hash", "a key"),
        ("events", "s", "an event"),
        ("events", "props", "an event"),
        ("days", "v", "a day"),
    ];
    for (name, field, what) in damages {
        let collection = opened.collection(name);
        let before: Vec<Document> = all(&collection).await;
        let odd = doc! {"$set": {field: doc! {"odd": Bson::MaxKey}}};
        collection.update_many(doc! {}, odd).await.unwrap();
        let read = match name {
            "jobs" => store.job(history::JOB).await.err(),
            "warnings" => store.warnings(history::PROJECT, 100).await.err(),
            "links" => store.links(history::PROJECT).await.err(),
            "keys" => store.keys().await.err(),
            "days" => store.schema(history::PROJECT).await.err(),
            _ => store.events(history::PROJECT, &any_event()).await.err(),
        };
        let error = read.unwrap_or_else(|| panic!("{name}.{field} was read"));
        assert!(matches!(error, StoreError::Storage(_)), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
        for document in before {
            let id = doc! {"_id": document.get("_id").cloned()};
            collection.replace_one(id, document).await.unwrap();
        }
    }
    assert_eq!(history::answers(&fixture).await, answers(0));
    fixture.store.close().await;
}

fn any_event() -> empmix_store::EventFilter {
    empmix_store::EventFilter {
        limit: 10,
        ..empmix_store::EventFilter::default()
    }
}

async fn all(collection: &Collection<Document>) -> Vec<Document> {
    use futures::TryStreamExt as _;
    let found = collection.find(doc! {}).await.unwrap();
    found.try_collect().await.unwrap()
}
