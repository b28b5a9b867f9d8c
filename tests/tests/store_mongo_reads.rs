//! What reports and lists become in MongoDB: reading stages over indexes, and never an operator
//! that a value brought along.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use empmix_query::{
    parse,
    report::{Condition, Filter, Operator, PropertyRef},
};
use empmix_store::{
    EventFilter, ItemOutcome,
    contract::fixtures::{NOON, event_with},
};
use empmix_tests::{
    mongo_store::{batch, database, fixture, project_id},
    mongod::Mongod,
};
use mongodb::bson::{Bson, Document, doc};
use serde_json::{Value, json};

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
    assert_eq!(pipelines.len(), 4, "{explained}");
    const READING: [&str; 5] = ["$match", "$project", "$unwind", "$group", "$addFields"];
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
        let is_covered = measure["type"] != "sum";
        assert!(!is_covered || !plan.contains("FETCH"), "{plan}");
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
