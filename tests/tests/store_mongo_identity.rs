//! Links in MongoDB: two processes at once, and processes that were killed half-way.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{sync::Arc, time::Duration};

use empmix_model::item::{Authority, Item};
use empmix_query::report::{Condition, Filter, Operator, PropertyRef};
use empmix_store::{
    Batch, EventFilter, ItemOutcome, Store,
    contract::fixtures::{Fixture, NOON, event, link, message},
};
use empmix_tests::{
    mongo_store::{database, fixture, open, project_id},
    mongod::Mongod,
};
use futures::TryStreamExt;
use mongodb::{
    Database,
    bson::{Bson, Document, doc},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_link_at_once_agree() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let events = (0..40).map(|n| event(&format!("i{n}"), &format!("d{n}"), "view", NOON + n));
    fixture.write_events(1, events.collect()).await;
    let stores = [
        Arc::clone(&fixture.store),
        Arc::new(open(&uri).await) as Arc<dyn Store>,
    ];
    // Both build chains over the same ids, from both ends.
    let writers = stores.map(|store| {
        let project = fixture.project;
        tokio::spawn(async move {
            for n in 0..39_u32 {
                let (source, destination) = (format!("d{n}"), format!("d{}", n + 1));
                let said = link(&format!("l{n}"), &source, &destination, Authority::Server);
                let envelopes = vec![message(project, 100 + n, vec![Item::Instruction(said)])];
                store
                    .write(Batch { project, envelopes })
                    .await
                    .expect("written");
            }
        })
    });
    for writer in writers {
        writer.await.expect("the writer ends");
    }
    assert_eq!(fixture.totals(None).await, (40.0, 1.0));
    let links = fixture.store.links(fixture.project).await.expect("links");
    assert_eq!(links.len(), 39);
    assert!(links.iter().all(|link| link.refusal.is_none()));
    assert!(
        fixture
            .events()
            .await
            .iter()
            .all(|event| event.user_id == "d39")
    );
    no_job_is_left(&database(&uri).await).await;
}

/// A project as a process leaves it that is killed after the fold's transaction: `phone` is `ann`,
/// its event is not stamped so, and the job to do that is there.
async fn unfinished() -> (Fixture, Database) {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let views = ["ann", "phone", "bob"].map(|id| event("i", id, "view", NOON));
    fixture.write_events(1, views.into()).await;
    let said = Item::Instruction(link("l", "phone", "ann", Authority::Server));
    fixture.write(vec![fixture.message(2, vec![said])]).await;
    let database = database(&uri).await;
    database
        .collection::<Document>("events")
        .update_many(doc! {"d": "phone"}, doc! {"$set": {"u": "phone"}})
        .await
        .expect("set back");
    let job = doc! {"kind": "restamp", "p": project_id(&fixture), "ids": ["phone"]};
    database
        .collection("jobs")
        .insert_one(job)
        .await
        .expect("a job");
    (fixture, database)
}

/// The user that the event of `phone` is stamped with.
async fn stamp(database: &Database) -> String {
    let events = database.collection::<Document>("events");
    let event = events.find_one(doc! {"d": "phone"}).await.expect("read");
    let event = event.expect("it is there");
    event.get_str("u").expect("a user").to_owned()
}

/// Waits until all events are stamped with their users.
async fn no_job_is_left(database: &Database) {
    let jobs = database.collection::<Document>("jobs");
    for _ in 0..1_000 {
        if jobs.count_documents(doc! {}).await.expect("a count") == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a job is left after 20 s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_restamp_gives_right_answers_and_is_finished() {
    let (fixture, database) = unfinished().await;
    assert_eq!(fixture.totals(None).await, (3.0, 2.0));
    let of_ann = EventFilter {
        user_id: Some("ann".into()),
        ..EventFilter::default()
    };
    assert_eq!(fixture.select(of_ann).await.len(), 2);
    let is_ann = Filter::Condition(Condition {
        property: PropertyRef {
            property: "$user_id".into(),
            cast: None,
        },
        op: Operator::Is,
        values: vec![json!("ann")],
    });
    assert_eq!(fixture.totals(Some(is_ann)).await, (2.0, 1.0));
    // The process that runs finds what the other one left.
    no_job_is_left(&database).await;
    assert_eq!(stamp(&database).await, "ann");
    assert_eq!(fixture.totals(None).await, (3.0, 2.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_finishes_what_a_killed_process_left() {
    let (_fixture, database) = unfinished().await;
    let uri = Mongod::shared().uri(database.name());
    let started = open(&uri).await;
    no_job_is_left(&database).await;
    assert_eq!(stamp(&database).await, "ann");
    started.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_slipped_past_a_link_is_stamped_when_it_comes_again() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let slipped = || vec![event("i", "phone", "view", NOON)];
    fixture.write_events(1, slipped()).await;
    let said = Item::Instruction(link("l", "phone", "ann", Authority::Server));
    fixture.write(vec![fixture.message(2, vec![said])]).await;
    let events = database(&uri).await.collection::<Document>("events");
    // As a process leaves it that is killed between its insert and its second look.
    events
        .update_many(doc! {}, doc! {"$set": {"u": "phone"}})
        .await
        .expect("set back");
    assert_eq!(
        fixture.write_events(1, slipped()).await,
        [ItemOutcome::Redelivered]
    );
    assert_eq!(fixture.events().await[0].user_id, "ann");
}

/// A document in which every text `from` is `to`.
fn renamed(document: &Document, from: &str, to: &str) -> Document {
    let value = |value: &Bson| match value {
        Bson::String(text) if text == from => Bson::String(to.to_owned()),
        Bson::Document(inner) => Bson::Document(renamed(inner, from, to)),
        other => other.clone(),
    };
    let fields = document.iter();
    fields
        .map(|(name, held)| (name.clone(), value(held)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_release_linked_meanwhile_is_noticed() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let said = |n: u32, source: &str| {
        let said = link(&format!("l{n}"), source, "ann", Authority::Server);
        fixture.message(n, vec![Item::Instruction(said)])
    };
    fixture.write(vec![said(1, "phone")]).await;
    let database = database(&uri).await;
    // It keeps no groups, and counts the project's version alone.
    for collection in ["links", "ids"] {
        let documents = database.collection::<Document>(collection);
        let all: Vec<Document> = documents
            .find(doc! {})
            .await
            .expect("read")
            .try_collect()
            .await
            .expect("read");
        let of_phone = all
            .iter()
            .find(|document| document.to_string().contains("phone"));
        let mut of_tablet = renamed(of_phone.expect("of the phone"), "phone", "tablet");
        of_tablet.remove("g");
        documents.insert_one(of_tablet).await.expect("written");
    }
    let projects = database.collection::<Document>("projects");
    let counted = projects.update_many(doc! {}, doc! {"$inc": {"identity_version": 1_i64}});
    counted.await.expect("counted");
    fixture.write(vec![said(2, "watch")]).await;
    let ids = database.collection::<Document>("ids");
    let of_ann = ids
        .find_one(doc! {"_id.d": "ann"})
        .await
        .expect("read")
        .expect("of ann");
    let group = of_ann.get_document("g").expect("a group");
    assert_eq!(
        group.get_i64("n"),
        Ok(4),
        "ann and her three devices: {group}"
    );
}
