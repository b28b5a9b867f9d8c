//! What only MongoDB can be asked: kills, stops, operators in the place of values, indexes, and
//! two processes at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use empmix_model::{
    DAY_MS,
    item::{Authority, Item},
};
use empmix_query::{
    parse,
    report::{Condition, Filter, Operator, PropertyRef},
};
use empmix_store::{
    Batch, EventFilter, ItemOutcome, Store, StoreError,
    contract::fixtures::{Fixture, NOON, event, event_with, items, link, message, new_project},
    mongo::{MongoOptions, MongoStore},
};
use empmix_tests::mongod::Mongod;
use mongodb::{
    Client,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
};
use serde_json::{Value, json};

async fn connect(uri: &str) -> MongoStore {
    let store = MongoStore::connect(uri, MongoOptions::default()).await;
    store.expect("the URI is good")
}

/// A store in a fresh database with one project, and the URI of the database.
async fn fixture(server: &Mongod) -> (Fixture, String) {
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
async fn database(uri: &str) -> mongodb::Database {
    let client = Client::with_uri_str(uri).await.expect("a client");
    client.default_database().expect("the URI names one")
}

/// The project's id as the store writes it.
fn project_id(fixture: &Fixture) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: fixture.project.0.to_vec(),
    }
}

fn batch(fixture: &Fixture, number: u32, from: u32, count: u32) -> Batch {
    let events = (from..from + count).map(|n| {
        let (id, user) = (format!("i{n}"), format!("u{}", n % 50));
        event(&id, &user, "view", NOON + i64::from(n))
    });
    Batch {
        project: fixture.project,
        envelopes: vec![message(fixture.project, number, items(events))],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_that_was_written() {
    let mut server = Mongod::start();
    let (fixture, _) = fixture(&server).await;
    let mut acknowledged = Vec::new();
    let mut unsure = Vec::new();
    for round in 0..3_u32 {
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
                        Ok(_) => written.push(last),
                        Err(StoreError::Unavailable(_)) => return (written, last),
                        Err(other) => panic!("{other}"),
                    }
                    last += 1;
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.kill9();
        let (written, last) = writer.await.expect("the writer ends");
        assert!(!written.is_empty(), "nothing was written before the kill");
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
    let store = MongoStore::connect(&server.uri("empmix"), options)
        .await
        .expect("a good URI");
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
async fn a_store_opens_while_the_server_is_away() {
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
async fn a_standalone_server_is_refused_in_words() {
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
    let store = connect(&format!("{uri}?w=0&journal=false&retryWrites=false")).await;
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
    database
        .run_command(doc! {"profile": 2})
        .await
        .expect("every command is noted");
    let session = |id: &str| {
        let mut one = event(id, "ann", "view", NOON);
        one.session_id = Some("s".into());
        one
    };
    fixture
        .write_events(1, vec![session("i1"), session("i2")])
        .await;
    database
        .run_command(doc! {"profile": 0})
        .await
        .expect("no longer");
    let profile = database.collection::<Document>("system.profile");
    for (op, command) in [("insert", "command.insert"), ("command", "command.update")] {
        let noted = doc! {"$or": [{"op": op}, {command: {"$exists": true}}]};
        let found = profile
            .find_one(noted)
            .await
            .expect("read")
            .expect("it was noted");
        let concern = found
            .get_document("command")
            .and_then(|command| command.get_document("writeConcern"))
            .cloned()
            .unwrap_or_default();
        assert_eq!(concern.get_str("w"), Ok("majority"), "{found}");
        assert_eq!(concern.get_bool("j"), Ok(true), "{found}");
    }
}

/// Texts and objects that mean something to MongoDB where it looks for operators.
fn hostile() -> Vec<Value> {
    vec![
        json!({"$ne": ""}),
        json!({"$gt": ""}),
        json!({"$where": "sleep(1000)"}),
        json!({"$regex": ".*"}),
        json!([{"$ne": 1}]),
        json!("$e"),
        json!("$$ROOT"),
        json!("$props.x"),
        json!("{\"$ne\":\"\"}"),
        json!("'; return true; //"),
        json!({"$expr": true}),
        json!({"$function": {"body": "function() { return true }", "args": [], "lang": "js"}}),
        Value::Null,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_is_ever_an_operator() {
    let (fixture, _) = fixture(Mongod::shared()).await;
    let events =
        (0..5).map(|n| event_with(&format!("i{n}"), "ann", NOON + n, json!({"x": "plain"})));
    fixture.write_events(1, events.collect()).await;
    for value in hostile() {
        for (op, name) in [
            (Operator::Is, "x"),
            (Operator::Contains, "x"),
            (Operator::Gt, "x"),
        ] {
            let condition = Filter::Condition(Condition {
                property: PropertyRef {
                    property: name.into(),
                    cast: None,
                },
                op,
                values: vec![value.clone()],
            });
            assert_eq!(
                fixture.totals(Some(condition)).await,
                (0.0, 0.0),
                "{op:?} {value}"
            );
        }
        let Some(text) = value.as_str() else { continue };
        for filter in [
            EventFilter {
                event: Some(text.into()),
                ..EventFilter::default()
            },
            EventFilter {
                distinct_id: Some(text.into()),
                ..EventFilter::default()
            },
            EventFilter {
                user_id: Some(text.into()),
                ..EventFilter::default()
            },
        ] {
            assert_eq!(fixture.select(filter).await, [], "{text}");
        }
    }
    for name in [
        "$where", "$expr", "$$ROOT", "x.$ne", "$x", "props", "..", ".x",
    ] {
        let set = Filter::Condition(Condition {
            property: PropertyRef {
                property: name.into(),
                cast: None,
            },
            op: Operator::Set,
            values: Vec::new(),
        });
        assert_eq!(fixture.totals(Some(set)).await, (0.0, 0.0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_texts_are_found_as_what_they_are() {
    let (fixture, _) = fixture(Mongod::shared()).await;
    let texts: Vec<Value> = hostile().into_iter().filter(Value::is_string).collect();
    for (n, text) in (0_u32..).zip(&texts) {
        let name = text.as_str().expect("a text");
        let mut one = event_with(&format!("i{n}"), name, NOON, json!({"x": text}));
        one.event = name.into();
        assert_eq!(
            fixture.write_events(n, vec![one]).await,
            [ItemOutcome::Stored]
        );
    }
    for text in &texts {
        let report = json!({
            "kind": "insights",
            "range": {"from": "2026-03-01", "to": "2026-03-31"},
            "granularity": "month",
            "series": [{
                "id": "A",
                "event": text,
                "measure": {"type": "unique"},
                "filter": {"property": "x", "op": "is", "values": [text]},
            }],
            "breakdown": [{"property": "x"}],
        });
        let report = parse(&report).expect("a report");
        let answer = fixture
            .store
            .query(fixture.project, &report, NOON)
            .await
            .expect("an answer");
        let answer = serde_json::to_value(answer).expect("JSON");
        let series = &answer["result"]["series"];
        assert_eq!(series.as_array().map(Vec::len), Some(1), "{answer}");
        assert_eq!(series[0]["segment"], json!([text]));
        assert_eq!(series[0]["total"].as_f64(), Some(1.0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stage_is_one_that_only_reads() {
    let (fixture, _) = fixture(Mongod::shared()).await;
    fixture
        .write_events(
            1,
            vec![event_with("i1", "ann", NOON, json!({"x": [1, "a"]}))],
        )
        .await;
    let report = json!({
        "kind": "insights",
        "range": {"last": 7, "unit": "day"},
        "granularity": "hour",
        "series": [
            {"id": "A", "event": null, "measure": {"type": "unique"}},
            {"id": "B", "event": ["view", "$out"], "measure": {"type": "sum", "property": "$merge.$out", "as": "number"}},
        ],
        "filter": {"or": [{"property": "$where", "op": "contains", "values": ["$out"]}, {"and": []}]},
        "breakdown": [{"property": "x"}],
    });
    let report = parse(&report).expect("a report");
    let explained = fixture
        .store
        .explain(fixture.project, &report, NOON)
        .await
        .expect("a plan");
    let pipelines = explained["pipelines"].as_array().expect("pipelines");
    assert_eq!(pipelines.len(), 3, "{explained}");
    const READING: [&str; 7] = [
        "$match",
        "$project",
        "$unwind",
        "$group",
        "$facet",
        "$replaceRoot",
        "$addFields",
    ];
    for stage in pipelines
        .iter()
        .flat_map(|one| one["pipeline"].as_array().expect("stages"))
    {
        let names: Vec<_> = stage.as_object().expect("a stage").keys().collect();
        assert!(
            names.len() == 1 && READING.contains(&names[0].as_str()),
            "{stage}"
        );
    }
}

/// The stages of a winning plan, as text.
fn plan_of(explained: &Document) -> String {
    let winning = |plan: &Document| plan.get_document("queryPlanner").cloned();
    let cursor = explained.get_array("stages").ok().and_then(|stages| {
        stages
            .first()?
            .as_document()?
            .get_document("$cursor")
            .ok()
            .cloned()
    });
    let planner = cursor.as_ref().map_or_else(|| winning(explained), winning);
    let planner = planner.expect("a planner");
    planner
        .get_document("winningPlan")
        .expect("a winning plan")
        .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_read_from_indexes() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    for number in 0..5 {
        fixture
            .store
            .write(batch(&fixture, number, number * 400, 400))
            .await
            .expect("written");
    }
    let database = database(&uri).await;
    for (event, measure) in [
        (json!("view"), json!({"type": "total"})),
        (json!("view"), json!({"type": "unique"})),
        (
            json!(["view", "other"]),
            json!({"type": "sum", "property": "price"}),
        ),
        (Value::Null, json!({"type": "unique"})),
    ] {
        let report = json!({
            "kind": "insights",
            "range": {"last": 7, "unit": "day"},
            "granularity": "day",
            "series": [{"id": "A", "event": event, "measure": measure}],
        });
        let report = parse(&report).expect("a report");
        let explained = fixture
            .store
            .explain(fixture.project, &report, NOON)
            .await
            .expect("a plan");
        let pipeline = Bson::try_from(explained["pipelines"][0]["pipeline"].clone()).expect("BSON");
        let command = doc! {
            "explain": {"aggregate": "events", "pipeline": pipeline, "cursor": {}},
            "verbosity": "queryPlanner",
        };
        let plan = plan_of(&database.run_command(command).await.expect("a plan"));
        assert!(plan.contains("IXSCAN"), "{plan}");
        assert!(!plan.contains("COLLSCAN"), "{plan}");
    }
    let list = doc! {
        "find": "events",
        "filter": {"p": project_id(&fixture)},
        "sort": {"t": -1, "_id": -1},
        "limit": 10,
    };
    let explained = database
        .run_command(doc! {"explain": list, "verbosity": "queryPlanner"})
        .await;
    let plan = plan_of(&explained.expect("a plan"));
    assert!(plan.contains("IXSCAN") && !plan.contains("SORT"), "{plan}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_link_at_once_agree() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let events = (0..40).map(|n| event(&format!("i{n}"), &format!("d{n}"), "view", NOON + n));
    fixture.write_events(1, events.collect()).await;
    let stores = [
        Arc::clone(&fixture.store),
        Arc::new(connect(&uri).await) as Arc<dyn Store>,
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
    let open = database(&uri).await.collection::<Document>("jobs");
    assert_eq!(
        open.count_documents(doc! {}).await.expect("a count"),
        0,
        "no job is left"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_restamp_gives_right_answers_and_is_finished() {
    let (fixture, uri) = fixture(Mongod::shared()).await;
    let views = ["ann", "phone", "bob"].map(|id| event("i", id, "view", NOON));
    fixture.write_events(1, views.into()).await;
    let said = Item::Instruction(link("l", "phone", "ann", Authority::Server));
    fixture.write(vec![fixture.message(2, vec![said])]).await;
    // As a process leaves it that is killed after the fold's transaction.
    let database = database(&uri).await;
    let events = database.collection::<Document>("events");
    let of_phone = doc! {"d": "phone"};
    events
        .update_many(of_phone.clone(), doc! {"$set": {"u": "phone"}})
        .await
        .expect("set back");
    let stamp = async || {
        let event = events
            .find_one(of_phone.clone())
            .await
            .expect("read")
            .expect("it is there");
        event.get_str("u").expect("a user").to_owned()
    };
    let job = doc! {"kind": "restamp", "p": project_id(&fixture), "ids": ["phone"]};
    database
        .collection("jobs")
        .insert_one(job)
        .await
        .expect("a job");

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
    assert_eq!(stamp().await, "phone", "nobody wrote yet");

    fixture
        .write_events(3, vec![event("i2", "bob", "view", NOON + DAY_MS)])
        .await;
    assert_eq!(stamp().await, "ann");
    let jobs = database.collection::<Document>("jobs");
    assert_eq!(jobs.count_documents(doc! {}).await.expect("a count"), 0);
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
async fn many_documents_with_few_duplicates_are_told_apart() {
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
