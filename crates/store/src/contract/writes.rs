//! Replays, duplicates, conflicts, concurrency, durability.

use std::sync::Arc;

use empmix_model::item::{Authority, Item};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, event_with, items, link, message, new_project},
};
use crate::{
    Batch,
    ItemOutcome::{Conflict, Deduplicated, Redelivered, Stored},
    StoreError,
};

/// Five messages of four events each, by three people.
fn messages(fixture: &Fixture) -> Vec<empmix_model::envelope::Envelope> {
    (0..5_u32)
        .map(|number| {
            let events = (0..4_u32).map(|at| {
                let id = format!("i{number}-{at}");
                let time = NOON + i64::from(number * 10 + at);
                event(&id, ["ann", "bob", "cleo"][(at % 3) as usize], "view", time)
            });
            fixture.message(number, items(events))
        })
        .collect()
}

/// Writing a batch again changes nothing, and its outcomes show it.
pub async fn a_replay_changes_nothing(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let first = fixture.write(messages(&fixture)).await;
    assert_eq!(first.outcomes, vec![vec![Stored; 4]; 5]);
    let events = fixture.events().await;
    assert_eq!(events.len(), 20);
    assert_eq!(fixture.totals(None).await, (20.0, 3.0));
    let again = fixture.write(messages(&fixture)).await;
    assert_eq!(again.outcomes, vec![vec![Redelivered; 4]; 5]);
    assert_eq!(fixture.events().await, events);
    assert_eq!(fixture.totals(None).await, (20.0, 3.0));
}

/// A batch of which a part is stored stores the rest.
pub async fn a_partial_replay_stores_the_rest(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let all = messages(&fixture);
    fixture.write(vec![all[1].clone(), all[3].clone()]).await;
    let written = fixture.write(all).await;
    let expected = [Stored, Redelivered, Stored, Redelivered, Stored].map(|what| vec![what; 4]);
    assert_eq!(written.outcomes, expected);
    assert_eq!(fixture.totals(None).await, (20.0, 3.0));
}

/// The same messages, each its own batch, in any order, end in the same state.
pub async fn any_order_of_messages_gives_the_same(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let all = messages(&fixture);
    for at in [3, 0, 4, 3, 1, 2, 0] {
        fixture.write(vec![all[at].clone()]).await;
    }
    let events = fixture.events().await;
    assert_eq!(events.len(), 20);
    assert!(
        events
            .windows(2)
            .all(|pair| (pair[0].time, pair[0].id) > (pair[1].time, pair[1].id))
    );
    assert_eq!(fixture.totals(None).await, (20.0, 3.0));
}

/// Equal items from several messages, or twice in one, are stored once.
pub async fn equal_items_are_stored_once(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let one = || event("i1", "ann", "view", NOON);
    let outcomes = fixture.write_events(1, vec![one(), one()]).await;
    assert_eq!(outcomes, [Stored, Deduplicated]);
    assert_eq!(fixture.write_events(2, vec![one()]).await, [Deduplicated]);
    assert_eq!(
        fixture.write_events(1, vec![one(), one()]).await,
        [Redelivered; 2]
    );
    // In one batch: two messages with a new item, and one of them delivered twice.
    let two = |number| fixture.message(number, items([event("i2", "ann", "view", NOON)]));
    let written = fixture.write(vec![two(3), two(4), two(3)]).await;
    assert_eq!(written.outcomes, [[Stored], [Deduplicated], [Redelivered]]);
    assert_eq!(fixture.events().await.len(), 2);
    assert_eq!(fixture.totals(None).await, (2.0, 1.0));
}

/// Of two contents under one id the one stored first stays.
pub async fn another_content_under_one_id_is_a_conflict(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let with = |plan: &str| event_with("i1", "ann", NOON, serde_json::json!({"plan": plan}));
    assert_eq!(
        fixture
            .write_events(1, vec![with("pro"), with("free")])
            .await,
        [Stored, Conflict]
    );
    assert_eq!(
        fixture.write_events(2, vec![with("free")]).await,
        [Conflict]
    );
    assert_eq!(
        fixture.write_events(3, vec![with("pro")]).await,
        [Deduplicated]
    );
    let mut renamed = with("pro");
    renamed.event = "other".into();
    assert_eq!(fixture.write_events(4, vec![renamed]).await, [Conflict]);
    let events = fixture.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].properties["plan"], "pro");
    // Times are not part of the content: an equal item that came with another correction is the same.
    let mut corrected = with("pro");
    corrected.time += 1;
    corrected.client_time = Some(NOON);
    assert_eq!(
        fixture.write_events(5, vec![corrected]).await,
        [Deduplicated]
    );
}

/// An event and an instruction with one id are two items.
pub async fn an_event_and_an_instruction_with_one_id_are_two(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let instruction = link("i1", "device", "ann", Authority::Server);
    let same_id = event("i1", "ann", "view", NOON);
    assert_eq!(same_id.id, instruction.id);
    let both = || {
        let items = vec![
            Item::Event(same_id.clone()),
            Item::Instruction(instruction.clone()),
        ];
        vec![fixture.message(1, items)]
    };
    assert_eq!(fixture.write(both()).await.outcomes, [[Stored; 2]]);
    assert_eq!(fixture.write(both()).await.outcomes, [[Redelivered; 2]]);
    assert_eq!(
        fixture.totals(None).await,
        (1.0, 1.0),
        "instructions are not events"
    );
    assert_eq!(fixture.store.links(fixture.project).await.unwrap().len(), 1);
    // An instruction has a content too.
    let other = link("i1", "tablet", "ann", Authority::Server);
    let written = fixture
        .write(vec![fixture.message(2, vec![Item::Instruction(other)])])
        .await;
    assert_eq!(written.outcomes, [[Conflict]]);
    assert_eq!(fixture.store.links(fixture.project).await.unwrap().len(), 1);
}

/// Equal ids in two projects are two events; no answer mixes them.
pub async fn projects_do_not_see_each_other(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let two = fixture
        .store
        .create_project(new_project(2, "two"))
        .await
        .unwrap();
    fixture
        .write_events(1, vec![event("i1", "ann", "view", NOON)])
        .await;
    let other = Fixture {
        store: fixture.store.clone(),
        project: two.id,
    };
    assert_eq!(other.totals(None).await, (0.0, 0.0));
    let outcomes = other
        .write_events(1, vec![event("i1", "ann", "view", NOON)])
        .await;
    assert_eq!(outcomes, [Stored]);
    let device = Item::Instruction(link("l", "ann", "bob", Authority::Server));
    other.write(vec![other.message(2, vec![device])]).await;
    assert_eq!(other.events().await[0].user_id, "bob");
    assert_eq!(fixture.events().await[0].user_id, "ann");
}

/// Nothing is written for a project that does not exist.
pub async fn an_unknown_project_is_not_found(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let unknown = empmix_model::ids::ProjectId([9; 8]);
    let batch = Batch {
        project: unknown,
        envelopes: vec![message(
            unknown,
            1,
            items([event("i", "ann", "view", NOON)]),
        )],
    };
    let result = fixture.store.write(batch).await;
    assert!(matches!(result, Err(StoreError::NotFound(_))), "{result:?}");
    let schema = fixture.store.schema(unknown).await;
    assert!(matches!(schema, Err(StoreError::NotFound(_))), "{schema:?}");
}

/// What was answered with `Ok` is there after the store was closed and opened.
pub async fn what_was_written_survives_a_reopening(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    fixture.write(messages(&fixture)).await;
    let device = Item::Instruction(link("l", "ann", "bob", Authority::Client));
    fixture.write(vec![fixture.message(9, vec![device])]).await;
    let events = fixture.events().await;
    let schema = fixture.store.schema(fixture.project).await.unwrap();
    let fixture = fixture.reopen(harness).await;
    assert_eq!(fixture.events().await, events);
    assert_eq!(fixture.store.schema(fixture.project).await.unwrap(), schema);
    assert_eq!(fixture.totals(None).await, (20.0, 2.0));
    let again = fixture.write(messages(&fixture)).await;
    assert_eq!(again.outcomes, vec![vec![Redelivered; 4]; 5]);
}

/// Many writers with overlapping batches: each event is stored by exactly one of them.
pub async fn writers_side_by_side_store_each_event_once(harness: &impl Harness) {
    let fixture = Arc::new(Fixture::new(harness).await);
    let writers = (0..8_u32).map(|writer| {
        let fixture = fixture.clone();
        tokio::spawn(async move {
            let mut stored = 0;
            for batch in 0..10_u32 {
                // Every event is in the batches of two writers.
                let events = (0..20_u32).map(|at| {
                    let id = format!("{}-{batch}-{at}", writer / 2);
                    event(&id, &format!("user{at}"), "view", NOON + i64::from(at))
                });
                let number = 1000 * (writer + 1) + batch;
                let outcomes = fixture.write_events(number, events.collect()).await;
                stored += outcomes.iter().filter(|what| **what == Stored).count();
            }
            stored
        })
    });
    let mut stored = 0;
    for writer in writers.collect::<Vec<_>>() {
        stored += writer.await.unwrap();
    }
    assert_eq!(stored, 800);
    assert_eq!(fixture.totals(None).await, (800.0, 20.0));
}
