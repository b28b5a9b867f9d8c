//! What only a local store can be asked: parts, crashes, damaged files.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use empmix_model::{ids::ProjectId, stored::EventSchema, stored::StoredEvent};
use empmix_query::report::{
    EventSelector, Granularity, Insights, Measure, PropertyRef, Range, Report, Series,
};
use empmix_store::{
    Batch, Catalogue as _, EventFilter, EventLog as _, EventSink as _, ItemOutcome, Reports as _,
    Sink as _, Store, StoreError,
    contract::fixtures::{NOON, event_with, items, message, new_project},
};
use empmix_store_local::{LocalOptions, LocalStore};
use serde_json::{Value, json};

const PROJECT: ProjectId = ProjectId([1; 8]);
const DAY: i64 = 86_400_000;

/// Never seals by itself in the time of a test.
fn hot_only() -> LocalOptions {
    LocalOptions::default()
}

fn sealing(seal_rows: usize) -> LocalOptions {
    LocalOptions {
        seal_rows,
        seal_after: Duration::from_millis(20),
        ..LocalOptions::default()
    }
}

async fn new_store(dir: &Path, options: &LocalOptions) -> LocalStore {
    let store = LocalStore::open(dir, options).expect("opens");
    store
        .create_project(new_project(1, "one"))
        .await
        .expect("a project");
    store
}

/// Message `number`: forty events over four days, by seven people, with properties of every kind.
fn batch(number: u32) -> Batch {
    let events = (0..40_u32).map(|at| {
        let n = i64::from(number * 40 + at);
        let mut properties = json!({
            "plan": if n % 2 == 0 { "pro" } else { "free" },
            "price": n as f64 / 4.0,
            "mixed": if n % 3 == 0 { json!("3") } else { json!(3) },
            "tags": ["a", n % 5],
            "trial": n % 4 == 0,
        });
        if n % 50 == 0 {
            properties["rare"] = json!(null);
        }
        let mut event = event_with(
            &n.to_string(),
            &format!("user{}", n % 7),
            NOON - (n % 4) * DAY + n,
            properties,
        );
        event.session_id = (n % 2 == 0).then(|| format!("s{}", n % 7));
        event.client_time = (n % 9 == 0).then_some(event.time - 1);
        event.event = ["view", "buy"][(n % 5 == 0) as usize].into();
        event
    });
    Batch {
        project: PROJECT,
        envelopes: vec![message(PROJECT, number, items(events))],
    }
}

async fn write(store: &LocalStore, numbers: std::ops::Range<u32>) -> Vec<ItemOutcome> {
    let mut outcomes = Vec::new();
    for number in numbers {
        let written = store.write(batch(number)).await.expect("written");
        outcomes.extend(written.outcomes.into_iter().flatten());
    }
    outcomes
}

/// Everything that a reader can see.
#[derive(Debug, PartialEq)]
struct Answers {
    insights: Value,
    events: Vec<StoredEvent>,
    of_user: Vec<StoredEvent>,
    schema: Vec<EventSchema>,
}

async fn see(store: &LocalStore) -> Answers {
    let price = || PropertyRef {
        property: "price".into(),
        cast: None,
    };
    let measures = [
        Measure::Total,
        Measure::Unique,
        Measure::Sum(price()),
        Measure::Avg(price()),
    ];
    let report = Report::Insights(Insights {
        range: Range::Last {
            last: 10,
            unit: Granularity::Day,
        },
        granularity: Granularity::Day,
        series: (0..)
            .zip(measures)
            .map(|(n, measure)| Series {
                id: format!("S{n}"),
                event: EventSelector::All,
                filter: None,
                measure,
            })
            .collect(),
        filter: None,
        breakdown: vec![empmix_query::report::Breakdown {
            property: PropertyRef {
                property: "mixed".into(),
                cast: None,
            },
        }],
        limit: 25,
        now: None,
    });
    let answer = store
        .query(PROJECT, &report, NOON)
        .await
        .expect("an answer");
    let all = EventFilter {
        limit: 1000,
        ..EventFilter::default()
    };
    let of_user = EventFilter {
        user_id: Some("user3".into()),
        ..all.clone()
    };
    Answers {
        insights: serde_json::to_value(&answer.result).expect("JSON"),
        events: store.events(PROJECT, &all).await.expect("events").events,
        of_user: store
            .events(PROJECT, &of_user)
            .await
            .expect("events")
            .events,
        schema: store.schema(PROJECT).await.expect("a schema"),
    }
}

fn part_files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir.join("parts"))
        .expect("the directory of parts")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

/// Waits until every row is in a file.
async fn sealed(store: &LocalStore, dir: &Path) {
    let report = Report::Insights(Insights {
        range: Range::Last {
            last: 1,
            unit: Granularity::Day,
        },
        granularity: Granularity::Day,
        series: Vec::new(),
        filter: None,
        breakdown: Vec::new(),
        limit: 25,
        now: None,
    });
    for _ in 0..500 {
        let plan = store.explain(PROJECT, &report, NOON).await.expect("a plan");
        let files = part_files(dir);
        let finished = files
            .iter()
            .all(|file| file.extension().is_some_and(|e| e == "parquet"));
        if finished && !files.is_empty() && plan["parts"]["all"] == json!(files.len()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("rows stayed hot");
}

/// Waits until there are so many files.
async fn parts_become(count: usize, dir: &Path) {
    for _ in 0..500 {
        if dir.join("parts").is_dir() && part_files(dir).len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?} are not {count}", part_files(dir));
}

/// What a kill at this moment would leave: a copy of the files as they are.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_changes_no_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &hot_only()).await;
    write(&store, 0..20).await;
    let hot = see(&store).await;
    assert_eq!(hot.events.len(), 800);
    store.close().await;
    drop(store);

    let store = LocalStore::open(dir.path(), &sealing(150)).expect("opens");
    sealed(&store, dir.path()).await;
    assert_eq!(see(&store).await, hot);
    assert!(part_files(dir.path()).len() > 1, "large days stand alone");
    let again = write(&store, 0..20).await;
    assert!(again.iter().all(|what| *what == ItemOutcome::Redelivered));
    store.close().await;
    drop(store);

    let store = LocalStore::open(dir.path(), &hot_only()).expect("opens");
    assert_eq!(see(&store).await, hot);
    let again = write(&store, 0..20).await;
    assert!(again.iter().all(|what| *what == ItemOutcome::Redelivered));
    let new = write(&store, 20..21).await;
    assert!(new.iter().all(|what| *what == ItemOutcome::Stored));
    assert_eq!(see(&store).await.events.len(), 840);
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_while_writing_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &sealing(100)).await;
    let reference_dir = tempfile::tempdir().expect("a directory");
    let reference = new_store(reference_dir.path(), &hot_only()).await;
    for number in 0..25 {
        write(&store, number..number + 1).await;
        write(&reference, number..number + 1).await;
        assert_eq!(
            see(&store).await,
            see(&reference).await,
            "after message {number}"
        );
    }
    sealed(&store, dir.path()).await;
    assert_eq!(see(&store).await, see(&reference).await);
    // Parts of fewer rows than are sealed at once are joined with the next.
    let most = see(&store).await.events.len() / 100 + 1;
    let parts = part_files(dir.path()).len();
    assert!(parts <= most, "small parts are joined: {parts} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    // Three messages are sealed at once; one more stays hot.
    let options = LocalOptions {
        seal_rows: 90,
        ..hot_only()
    };
    let store = new_store(dir.path(), &options).await;
    for last in [1, 3, 4] {
        if last == 3 {
            write(&store, 1..3).await;
            sealed(&store, dir.path()).await;
        } else {
            write(&store, last - 1..last).await;
        }
        let killed = tempfile::tempdir().expect("a directory");
        copy(dir.path(), killed.path());
        let revived = LocalStore::open(killed.path(), &hot_only()).expect("opens");
        let seen = see(&revived).await;
        assert_eq!(seen.events.len(), 40 * last as usize);
        assert_eq!(seen, see(&store).await);
        let again = write(&revived, 0..last).await;
        assert!(again.iter().all(|what| *what == ItemOutcome::Redelivered));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leftovers_of_a_crash_are_removed() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &sealing(100)).await;
    write(&store, 0..10).await;
    sealed(&store, dir.path()).await;
    let seen = see(&store).await;
    store.close().await;
    drop(store);
    let named = part_files(dir.path());
    for leftover in ["00009999.parquet", "00010000.parquet.tmp"] {
        std::fs::write(dir.path().join("parts").join(leftover), b"half").expect("written");
    }
    let store = LocalStore::open(dir.path(), &sealing(100)).expect("opens");
    assert_eq!(part_files(dir.path()), named);
    assert_eq!(see(&store).await, seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_parts_are_joined_at_the_start_and_after_sealing() {
    let dir = tempfile::tempdir().expect("a directory");
    // Every day is large enough to stand alone.
    let store = new_store(dir.path(), &sealing(10)).await;
    write(&store, 0..5).await;
    sealed(&store, dir.path()).await;
    let seen = see(&store).await;
    assert!(part_files(dir.path()).len() >= 4, "a part for each day");
    store.close().await;
    drop(store);

    // Now they are small, and nothing is written.
    let store = LocalStore::open(dir.path(), &hot_only()).expect("opens");
    parts_become(1, dir.path()).await;
    assert_eq!(see(&store).await, seen);
    let again = write(&store, 0..5).await;
    assert!(again.iter().all(|what| *what == ItemOutcome::Redelivered));
    store.close().await;
    drop(store);
    assert_eq!(part_files(dir.path()).len(), 1);

    // A large day between two small ones: these are joined once it stands alone.
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &sealing(20)).await;
    let day = |day: i64, count: i64| {
        let event = move |n: i64| {
            let id = format!("{day} {n}");
            event_with(&id, "ann", NOON + day * DAY + n, json!({"n": n}))
        };
        (0..count).map(event)
    };
    let events = day(0, 5).chain(day(1, 30)).chain(day(2, 5));
    let batch = Batch {
        project: PROJECT,
        envelopes: vec![message(PROJECT, 1, items(events))],
    };
    store.write(batch).await.expect("written");
    sealed(&store, dir.path()).await;
    parts_become(2, dir.path()).await;
    assert_eq!(see(&store).await.events.len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_missing_part_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &sealing(100)).await;
    write(&store, 0..10).await;
    sealed(&store, dir.path()).await;
    store.close().await;
    drop(store);
    let part = part_files(dir.path()).remove(0);
    let intact = std::fs::read(&part).expect("bytes");
    let mut damaged = intact.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&part, &damaged).expect("written");
    let refusal = || LocalStore::open(dir.path(), &hot_only()).err();
    let Some(StoreError::Storage(reason)) = refusal() else {
        panic!("it was opened")
    };
    assert!(reason.contains("checksum"), "{reason}");
    std::fs::remove_file(&part).expect("removed");
    let Some(StoreError::Storage(reason)) = refusal() else {
        panic!("it was opened")
    };
    assert!(reason.contains("cannot be read"), "{reason}");
    std::fs::write(&part, &intact).expect("written");
    assert!(refusal().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rare_properties_share_a_column() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &hot_only()).await;
    let events = (0..300_i64).map(|n| {
        let names = (0..5).map(|at| (format!("name {}", n * 5 + at), json!([n, at])));
        let mut properties: serde_json::Map<String, Value> = names.collect();
        properties.insert("plan".into(), json!("pro"));
        event_with(&n.to_string(), "ann", NOON + n, Value::Object(properties))
    });
    let batch = Batch {
        project: PROJECT,
        envelopes: vec![message(PROJECT, 1, items(events))],
    };
    store.write(batch).await.expect("written");
    let hot = see(&store).await;
    store.close().await;
    drop(store);
    let store = LocalStore::open(dir.path(), &sealing(100)).expect("opens");
    sealed(&store, dir.path()).await;
    let cold = see(&store).await;
    assert_eq!(cold, hot);
    assert_eq!(cold.schema[0].properties.len(), 1501);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_is_unavailable_and_does_not_deny_a_project() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = new_store(dir.path(), &hot_only()).await;
    write(&store, 0..1).await;
    store.close().await;
    let refused = store.write(batch(1)).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    let unread = store.schema(PROJECT).await;
    assert!(
        matches!(unread, Err(StoreError::Unavailable(_))),
        "{unread:?}"
    );
    assert!(store.check().await.is_err());
}
