//! What a batch costs in MongoDB does not depend on what is stored: the server's own counts of commands,
//! of index keys and of documents that it went through.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::time::Duration;

use empmix_model::item::Item;
use empmix_store::{
    ItemOutcome,
    contract::{
        fixtures::Fixture,
        grown::{Size, first, probes},
    },
};
use empmix_tests::{
    mongo_store::{database, fixture},
    mongod::Mongod,
};
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::{
    Database,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
};

/// Items of a batch.
const ITEMS: u32 = 500;

/// What the server counted while a batch was written.
#[derive(Debug, Clone, Copy)]
struct ServerWork {
    commands: i64,
    keys: i64,
    documents: i64,
}

impl ServerWork {
    fn since(self, before: Self) -> Self {
        Self {
            commands: self.commands - before.commands,
            keys: self.keys - before.keys,
            documents: self.documents - before.documents,
        }
    }

    /// Whether it is no more than in a small project, but for what the server does by itself.
    fn is_like(self, small: Self) -> bool {
        let most = |of_small: i64| of_small + of_small / 5 + 50;
        self.commands <= most(small.commands)
            // Between two ids that are asked for, a small index has no other: one key more for each.
            && self.keys <= most(2 * small.keys)
            && self.documents <= most(small.documents)
    }
}

/// A project of this size.
struct Project<'a> {
    server: &'a Mongod,
    fixture: Fixture,
    database: Database,
    next: u32,
}

impl<'a> Project<'a> {
    async fn of(server: &'a Mongod, size: Size) -> Self {
        let (fixture, uri) = fixture(server).await;
        let database = database(&uri).await;
        let mut project = Self {
            server,
            fixture,
            database,
            next: 0,
        };
        project.write(first().into()).await;
        project.multiply(size).await;
        for items in size.crowds().chunks(ITEMS as usize) {
            project.write(items.to_vec()).await;
        }
        project
    }

    /// Makes many of the first link and its two ids, and one long session, in the database.
    async fn multiply(&self, size: Size) {
        self.copies("links", 1, size.links).await;
        self.copies("ids", 2, size.links).await;
        self.copies("events", 1, size.session).await;
    }

    async fn copies(&self, collection: &str, prototypes: usize, count: u32) {
        let target = self.database.collection::<Document>(collection);
        let found = target.find(doc! {}).await.expect("read");
        let found: Vec<Document> = found.try_collect().await.expect("read");
        assert_eq!(found.len(), prototypes, "{collection}");
        let numbers: Vec<u32> = (1..count).collect();
        for first in &found {
            let insert = |numbers: &[u32]| {
                let copies: Vec<Document> = numbers.iter().map(|n| copy(first, *n)).collect();
                let target = target.clone();
                async move { target.insert_many(copies).await.map(drop) }
            };
            stream::iter(numbers.chunks(5_000))
                .map(insert)
                .buffer_unordered(2)
                .try_collect::<()>()
                .await
                .expect("inserted");
        }
    }

    async fn write(&mut self, items: Vec<Item>) {
        let message = self.fixture.message(self.next, items);
        self.next += 1;
        let written = self.fixture.write(vec![message]).await;
        let mut outcomes = written.outcomes.iter().flatten();
        assert!(outcomes.all(|outcome| *outcome == ItemOutcome::Stored));
    }

    /// The work of each of the batches that may read what is stored.
    async fn probe(&mut self) -> Vec<(&'static str, ServerWork)> {
        let mut found = Vec::new();
        for (what, items) in probes(ITEMS) {
            let before = self.counted().await;
            self.write(items).await;
            found.push((what, self.counted().await.since(before)));
        }
        found
    }

    /// The server's counts, once nothing is left to be done beside the writes.
    async fn counted(&self) -> ServerWork {
        let jobs = self.database.collection::<Document>("jobs");
        for _ in 0..1_000 {
            if jobs.find_one(doc! {}).await.expect("read").is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let metrics = self.server.metrics();
        let number = |path: &[&str]| {
            let (last, above) = path.split_last().expect("a path");
            let within = above
                .iter()
                .try_fold(&metrics, |in_it, name| in_it.get_document(name));
            within.and_then(|within| within.get_i64(last)).unwrap_or(0)
        };
        let commands = [
            "find",
            "aggregate",
            "getMore",
            "insert",
            "update",
            "delete",
            "findAndModify",
        ];
        let calls = commands.map(|name| number(&["commands", name, "total"]));
        ServerWork {
            commands: calls.iter().sum(),
            keys: number(&["queryExecutor", "scanned"]),
            documents: number(&["queryExecutor", "scannedObjects"]),
        }
    }
}

/// A copy of a document with other ids in it.
fn copy(document: &Document, number: u32) -> Document {
    let fields = document.iter();
    fields
        .map(|(name, value)| (name.clone(), renumbered(value, number)))
        .collect()
}

fn renumbered(value: &Bson, number: u32) -> Bson {
    match value {
        Bson::String(text) if text.ends_with(" 0") => {
            Bson::String(format!("{} {number}", text.trim_end_matches(" 0")))
        }
        Bson::Document(document) => Bson::Document(copy(document, number)),
        // The id of an event: its project, and a hash.
        Bson::Binary(binary) if binary.bytes.len() == 24 => Bson::Binary(Binary {
            subtype: BinarySubtype::Generic,
            bytes: [&binary.bytes[..8], &u128::from(number).to_be_bytes()].concat(),
        }),
        other => other.clone(),
    }
}

async fn costs_the_same(grown: Size) {
    let server = Mongod::start();
    let mut works = Vec::new();
    for size in [Size::small(ITEMS), grown] {
        let mut project = Project::of(&server, size).await;
        works.push(project.probe().await);
        project.fixture.store.close().await;
    }
    for ((what, small), (_, grown)) in works[0].iter().zip(&works[1]) {
        assert!(grown.is_like(*small), "{what}: {small:?} {grown:?}");
        assert!(small.commands < 60, "{what}: {small:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_costs_the_same_in_a_grown_project() {
    costs_the_same(Size::GROWN.tenth()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "nightly: a million links"]
async fn a_batch_costs_the_same_in_a_project_of_a_million_links() {
    costs_the_same(Size::GROWN).await;
}
