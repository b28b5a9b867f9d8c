//! MongoDB that is killed, stopped, away, or asked for less than was promised.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use empmix_store::{
    Catalogue as _, EventFilter, ItemOutcome, Sink as _, StoreError,
    contract::fixtures::{Fixture, NOON, event, event_with, new_project},
};
use empmix_store_mongo::MongoOptions;
use empmix_tests::{
    mongo_store::{batch, connect, database, fixture, open, open_with},
    mongod::Mongod,
    spawn::{is_alive, wait_for},
};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde_json::json;
use tokio::sync::watch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_that_was_written() {
    let mut server = Mongod::start();
    let (fixture, _) = fixture(&server).await;
    let mut acknowledged = Vec::new();
    let mut unsure = Vec::new();
    for round in 0..3_u32 {
        let (wrote, mut first) = watch::channel(false);
        let writer = tokio::spawn({
            let (store, project) = (Arc::clone(&fixture.store), fixture.project);
            async move {
                let (mut written, mut last) = (Vec::new(), round * 10_000);
                loop {
                    let part = Fixture {
                        store: Arc::clone(&store),
                        project,
                    };
                    match store.write(batch(&part, last, last * 20, 20)).await {
                        Ok(_) => {
                            written.push(last);
                            wrote.send_replace(true);
                        }
                        Err(StoreError::Unavailable(_)) => return (written, last),
                        Err(other) => panic!("{other}"),
                    }
                    last += 1;
                }
            }
        });
        // Not before something was written.
        let began = first.wait_for(|wrote| *wrote).await;
        began.expect("the writer goes on until the kill");
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.kill9();
        let (written, last) = writer.await.expect("the writer ends");
        acknowledged.extend(written);
        unsure.push(last);
        server.restart();
    }
    for number in &acknowledged {
        let again = fixture
            .store
            .write(batch(&fixture, *number, number * 20, 20))
            .await;
        let outcomes = again.expect("the server is back").outcomes.remove(0);
        assert_eq!(outcomes, [ItemOutcome::Redelivered; 20], "message {number}");
    }
    for number in unsure {
        fixture
            .store
            .write(batch(&fixture, number, number * 20, 20))
            .await
            .expect("written");
    }
    let (total, _) = fixture.totals(None).await;
    assert_eq!(total, ((acknowledged.len() + 3) * 20) as f64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answering_is_unavailable_within_the_deadline() {
    let server = Mongod::start();
    let options = MongoOptions {
        call_deadline: Duration::from_secs(2),
        query_deadline: Duration::from_secs(2),
        ..MongoOptions::default()
    };
    let store = open_with(&server.uri("empmix"), options).await;
    let project = store
        .create_project(new_project(1, "one"))
        .await
        .expect("a project")
        .id;
    let fixture = Fixture {
        store: Arc::new(store),
        project,
    };
    fixture
        .store
        .write(batch(&fixture, 1, 0, 20))
        .await
        .expect("written");
    server.stop();
    let began = Instant::now();
    let written = fixture.store.write(batch(&fixture, 2, 20, 20)).await;
    let page = fixture.store.events(project, &EventFilter::default()).await;
    let checked = fixture.store.check().await;
    let took = began.elapsed();
    server.cont();
    assert!(
        matches!(written, Err(StoreError::Unavailable(_))),
        "{written:?}"
    );
    assert!(matches!(page, Err(StoreError::Unavailable(_))), "{page:?}");
    assert!(
        matches!(checked, Err(StoreError::Unavailable(_))),
        "{checked:?}"
    );
    assert!(took < Duration::from_secs(8), "{took:?}");
    let again = fixture.store.write(batch(&fixture, 2, 20, 20)).await;
    assert!(again.is_ok(), "it goes on: {again:?}");
    assert_eq!(fixture.totals(None).await.0, 40.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_opens_while_the_server_is_unreachable() {
    let mut server = Mongod::start();
    server.kill9();
    let store = connect(&server.uri("empmix")).await;
    let began = Instant::now();
    let checked = store.check().await;
    assert!(
        matches!(checked, Err(StoreError::Unavailable(_))),
        "{checked:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(11));
    server.restart();
    store
        .create_project(new_project(1, "one"))
        .await
        .expect("it is back");
    store.check().await.expect("it is back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standalone_server_is_refused_with_the_reason() {
    let server = Mongod::start_standalone();
    let store = connect(&server.uri("empmix")).await;
    let refused = store.check().await.expect_err("no replica set").to_string();
    assert!(refused.contains("needs a replica set"), "{refused}");
    let made = store.create_project(new_project(1, "one")).await;
    assert!(made.is_err(), "nothing is written to it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_uri_is_overruled() {
    let uri = Mongod::shared().fresh_uri();
    let weak = format!("{uri}?w=0&journal=false&retryWrites=false");
    let store = open(&weak).await;
    let project = store
        .create_project(new_project(1, "one"))
        .await
        .expect("a project")
        .id;
    let fixture = Fixture {
        store: Arc::new(store),
        project,
    };
    let database = database(&uri).await;
    let log_every_command = doc! {"profile": 0, "slowms": -1};
    database
        .run_command(log_every_command)
        .await
        .expect("it is logged");
    let session = |id: &str| {
        let mut one = event(id, "ann", "view", NOON);
        one.session_id = Some("s".into());
        one
    };
    fixture
        .write_events(1, vec![session("i1"), session("i2")])
        .await;
    let log_slow_commands = doc! {"profile": 0, "slowms": 100};
    database
        .run_command(log_slow_commands)
        .await
        .expect("no longer");
    let log = Mongod::shared().read_log();
    let commands: Vec<serde_json::Value> = log
        .lines()
        .filter(|line| line.contains(database.name()))
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .map(|line| line["attr"]["command"].clone())
        .collect();
    for (command, collection) in [("insert", "events"), ("update", "days")] {
        let logged = commands.iter().find(|logged| logged[command] == collection);
        let logged = logged.unwrap_or_else(|| panic!("{command} was not logged"));
        let concern = &logged["writeConcern"];
        assert_eq!(
            (&concern["w"], &concern["j"]),
            (&json!("majority"), &json!(true)),
            "{logged}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_document_that_mongodb_refuses_does_not_hold_up_the_rest() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let rule = doc! {"collMod": "events", "validator": {"props.bad": {"$exists": false}}};
    database(&uri)
        .await
        .run_command(rule)
        .await
        .expect("a validator");
    let huge = json!({"x": "a".repeat(17 << 20)});
    let outcomes = fixture
        .write_events(
            1,
            vec![
                event("i1", "ann", "view", NOON),
                event_with("i2", "ann", NOON, json!({"bad": 1})),
                event_with("i3", "ann", NOON, huge),
                event("i4", "ann", "view", NOON),
            ],
        )
        .await;
    use ItemOutcome::{Poison, Stored};
    assert_eq!(outcomes, [Stored, Poison, Poison, Stored]);
    assert_eq!(fixture.totals(None).await.0, 2.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_documents_with_few_duplicates_are_distinguished() {
    let (fixture, _) = fixture(Mongod::shared()).await;
    let some = |places: &[u32]| -> Vec<_> {
        places
            .iter()
            .map(|n| event(&format!("i{n}"), "ann", "view", NOON))
            .collect()
    };
    let known = [3, 1_999, 2_000, 2_001, 4_999];
    fixture.write_events(1, some(&known)).await;
    let all: Vec<u32> = (0..5_000).collect();
    let outcomes = fixture.write_events(2, some(&all)).await;
    for (n, outcome) in (0_u32..).zip(outcomes) {
        let expected = match known.contains(&n) {
            true => ItemOutcome::Deduplicated,
            false => ItemOutcome::Stored,
        };
        assert_eq!(outcome, expected, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_report_is_ended_on_the_server() {
    let server = Mongod::start();
    let (fixture, uri) = fixture(&server).await;
    fixture
        .store
        .write(batch(&fixture, 1, 0, 20))
        .await
        .expect("written");
    let database = database(&uri).await;
    let admin = database.client().database("admin");
    let hang = |mode: &str| {
        doc! {
            "configureFailPoint": "hangBeforeDocumentSourceCursorLoadBatch",
            "mode": mode,
        }
    };
    let under_way = async || {
        // An operation that hangs notices only afterwards that it was ended.
        let filter = doc! {"$match": {"command.aggregate": "events", "killPending": {"$ne": true}}};
        let found = admin.aggregate([doc! {"$currentOp": {}}, filter]).await;
        let found: Vec<Document> = found.expect("asked").try_collect().await.expect("read");
        found.len()
    };
    admin.run_command(hang("alwaysOn")).await.expect("it hangs");
    let asked = tokio::spawn({
        let (store, project) = (Arc::clone(&fixture.store), fixture.project);
        async move { Fixture { store, project }.totals(None).await }
    });
    until("it is under way", async || under_way().await > 0).await;
    asked.abort();
    until("it is ended", async || under_way().await == 0).await;
    admin.run_command(hang("off")).await.expect("it goes on");
    assert_eq!(fixture.totals(None).await, (20.0, 20.0));
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

/// Set for the program that starts a server for the test below.
const CHILD: &str = "EMPMIX_CHILD";

/// Not a test of its own: what the next one starts, and kills.
#[test]
fn child_that_starts_a_server() {
    if std::env::var_os(CHILD).is_some() {
        println!("\nserver {}", Mongod::shared().pid());
        loop {
            std::thread::park();
        }
    }
}

#[test]
fn a_server_ends_with_the_group_of_the_program_that_started_it() {
    let program = std::env::current_exe().expect("this program");
    let mut child = empmix_child::command(program)
        .args(["--exact", "child_that_starts_a_server", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("it starts");
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let server = stdout.lines().map_while(Result::ok).find_map(|line| {
        let pid = line.strip_prefix("server ")?;
        pid.parse::<u32>().ok()
    });
    let server = server.expect("it names its server");
    assert!(is_alive(server));
    let killed = empmix_child::command("kill")
        .args(["-KILL", "--", &format!("-{}", child.id())])
        .status();
    assert!(killed.expect("kill runs").success());
    child.wait().expect("it has ended");
    wait_for("end of the server", Duration::from_secs(20), || {
        (!is_alive(server)).then_some(())
    });
}
