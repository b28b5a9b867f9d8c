//! DuckDB references: from the same file of real events it must count what both stores count, and it
//! opens the local store's parts by itself.

#![allow(clippy::expect_used, reason = "what fails here fails the test")]

use std::{ffi::OsStr, path::Path, sync::LazyLock, time::Duration};

use empmix_store::{
    Store,
    contract::real_data::{make_project, messages, write},
};
use empmix_store_local::{LocalOptions, LocalStore};
use empmix_tests::{
    duckdb,
    mongod::Mongod,
    sidecar::{Sidecar, TestProject, real_events},
};
use serde_json::{Value, json};

/// The measures of every case, as the reference implementation computes them.
const MEASURES: [&str; 4] = ["total", "unique", "sum", "avg"];

/// A filter, and what it is in SQL.
fn filters() -> Vec<(Value, &'static str)> {
    let one = |property: &str, op: &str, values: Value| json!({"property": property, "of": "event", "op": op, "values": values});
    vec![
        (json!({"and": []}), "true"),
        (
            one("bot", "is", json!([false])),
            "bot is not distinct from false",
        ),
        (
            one("kind", "is_not", json!(["fix", "docs"])),
            "kind is null or kind not in ('fix', 'docs')",
        ),
        (
            one("repo", "contains", json!(["rerun", "axum"])),
            "repo like '%rerun%' or repo like '%axum%'",
        ),
        (one("files_changed", "gt", json!([3])), "files_changed > 3"),
        (
            one("files_changed", "lt", json!([2.5])),
            "files_changed < 2.5",
        ),
        (one("lines_added", "eq", json!([1])), "lines_added = 1"),
        (one("tag", "set", json!([])), "tag is not null"),
        (one("kind", "not_set", json!([])), "kind is null"),
        (
            json!({"or": [one("$event", "is", json!(["Merge"])), {"and": [
                one("bot", "is", json!([true])), one("files_changed", "gt", json!([1]))]}]}),
            "event = 'Merge' or (bot and files_changed > 1)",
        ),
    ]
}

/// A property to break down by, and what it is in SQL.
const BREAKDOWNS: [(Option<&str>, &str); 5] = [
    (None, "null::varchar"),
    (Some("repo"), "repo"),
    (Some("kind"), "kind"),
    (Some("bot"), "bot"),
    (Some("files_changed"), "files_changed"),
];

/// Hours only over a short range: no more than 10,000 buckets.
const GRAINS: [(&str, &str, &str); 6] = [
    ("hour", "2026-03-01", "2026-04-15"),
    ("day", "2024-02-10", "2025-03-03"),
    ("week", "2019-12-29", "2022-01-02"),
    ("month", "2023-01-15", "2026-08-22"),
    ("quarter", "2018-01-01", "2026-12-31"),
    ("year", "2016-01-01", "2026-12-31"),
];

/// A question for us, and the same for the reference implementation.
struct Case {
    report: Value,
    compared: Value,
}

/// Every filter with every other breakdown; the granularities take turns.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (f, (filter, where_)) in filters().into_iter().enumerate() {
        for (b, (property, segment)) in BREAKDOWNS.into_iter().enumerate() {
            if (f + b) % 2 == 1 {
                continue;
            }
            let (granularity, from, to) = GRAINS[(f + 2 * b) % GRAINS.len()];
            let limit = if b % 2 == 0 { 25 } else { 4 };
            let series: Vec<_> = MEASURES.map(series).into();
            let breakdown: Vec<_> = property
                .map(|property| json!({"property": property, "of": "event"}))
                .into_iter()
                .collect();
            cases.push(Case {
                report: json!({"kind": "insights", "range": {"from": from, "to": to}, "granularity": granularity,
                    "series": series, "filter": filter, "breakdown": breakdown, "limit": limit}),
                compared: json!({"from": from, "to": to, "granularity": granularity, "where": where_,
                    "segment": segment, "limit": limit}),
            });
        }
    }
    cases
}

fn series(measure: &str) -> Value {
    let measured = match measure {
        "sum" | "avg" => json!({"type": measure, "property": "lines_added"}),
        _ => json!({"type": measure}),
    };
    json!({"id": measure, "event": null, "measure": measured})
}

/// How the reference implementation names a segment.
fn name(segment: &Value) -> String {
    match segment.get(0) {
        None => "null".to_owned(),
        Some(value) if value["not_set"] == true => "null".to_owned(),
        Some(value) if value["other"] == true => "\"other\"".to_owned(),
        Some(value) => match value.as_f64() {
            Some(number) => format!("{number:?}"),
            None => value.to_string(),
        },
    }
}

/// Equal counts; sums and means to 1e-9 of their size. Nothing, 0 and null are one: a reference implementation's table
/// has no rows for what did not happen.
fn same(ours: &Value, compared: &Value) -> bool {
    let (ours, compared) = (
        ours.as_f64().unwrap_or(0.0),
        compared.as_f64().unwrap_or(0.0),
    );
    (ours - compared).abs() <= 1e-9 * compared.abs()
}

fn compare(engine: &str, report: &Value, result: &Value, compared: &Value) {
    let buckets = result["buckets"].as_array().expect("buckets");
    let mut points = 0.0;
    for series in result["series"].as_array().expect("series") {
        let measure = MEASURES
            .iter()
            .position(|measure| series["id"] == **measure)
            .expect("a measure that was asked for");
        let segment = name(&series["segment"]);
        let told = |what: &str, ours: &Value, compared: &Value| {
            assert!(
                same(ours, compared),
                "{engine}, {segment}, {what}: {ours} is {compared} for DuckDB\n{report}"
            );
        };
        told(
            "total",
            &series["total"],
            &compared["totals"][&segment][measure],
        );
        for (bucket, point) in buckets
            .iter()
            .zip(series["points"].as_array().expect("points"))
        {
            let at = &bucket.as_str().expect("a time")[..13];
            told(at, point, &compared["points"][&segment][at][measure]);
            points += if measure == 0 {
                point.as_f64().unwrap_or(0.0)
            } else {
                0.0
            };
        }
    }
    let rows: f64 = compared["totals"]
        .as_object()
        .expect("segments")
        .values()
        .filter_map(|totals| totals[0].as_f64())
        .sum();
    assert!(
        points == rows,
        "{engine}: {points} of {rows} rows\n{report}"
    );
}

fn reference<'a>(
    engine: &str,
    sidecar: &Sidecar,
    project: &TestProject,
    cases: impl Iterator<Item = &'a (Case, Value)>,
) {
    // A headline is compared with a second answer, which MongoDB takes seconds for.
    let headlines = if engine == "mongodb" { 3 } else { 1 };
    for (number, (case, compared)) in cases.enumerate() {
        let answer = sidecar.query(project, &case.report);
        assert_eq!(answer["engine"], engine);
        compare(engine, &case.report, &answer["result"], compared);
        if number.is_multiple_of(headlines) {
            headline(sidecar, project, &case.report, &answer);
        }
    }
}

/// An answer with a breakdown has beside it what the report gives without one.
fn headline(sidecar: &Sidecar, project: &TestProject, report: &Value, answer: &Value) {
    let mut whole = report.clone();
    let breakdown = whole
        .as_object_mut()
        .expect("an object")
        .remove("breakdown");
    if breakdown.is_none_or(|breakdown| breakdown.as_array().is_none_or(Vec::is_empty)) {
        assert_eq!(answer.get("headline"), None);
        return;
    }
    let mut whole = sidecar.query(project, &whole)["result"]["series"].take();
    for series in whole.as_array_mut().expect("series") {
        series.as_object_mut().expect("an object").remove("segment");
    }
    assert_eq!(answer["headline"], whole, "{report}");
}

fn run(script: &str, path: &Path, rest: &[&str]) -> Value {
    let mut arguments = vec![path.as_os_str()];
    arguments.extend(rest.iter().map(OsStr::new));
    duckdb::ask(script, &arguments)
}

/// The cases, and what DuckDB answers to each.
static COMPARED: LazyLock<Vec<(Case, Value)>> = LazyLock::new(|| {
    let cases = cases();
    let questions: Vec<&Value> = cases.iter().map(|case| &case.compared).collect();
    let compared = run(
        include_str!("oracle/reference.py"),
        &real_events(),
        &[&json!(questions).to_string()],
    );
    let compared = compared.as_array().expect("an answer a case").clone();
    assert_eq!(compared.len(), cases.len());
    cases.into_iter().zip(compared).collect()
});

/// A project with the real events.
fn with_real_events(sidecar: Sidecar) -> (Sidecar, TestProject) {
    let project = sidecar.default_project();
    sidecar.import(&real_events(), &project);
    (sidecar, project)
}

#[test]
fn the_local_store_answers_what_duckdb_answers() {
    let (sidecar, project) = with_real_events(Sidecar::start());
    reference("local", &sidecar, &project, COMPARED.iter());
}

/// MongoDB takes seconds a case: two tests share them.
static ON_MONGODB: LazyLock<(Sidecar, TestProject)> = LazyLock::new(|| {
    let store = Mongod::shared().fresh_uri();
    with_real_events(Sidecar::with_pair(&["--store", &store]))
});

fn mongodb_answers_every_other_case(first: usize) {
    let (sidecar, project) = &*ON_MONGODB;
    reference(
        "mongodb",
        sidecar,
        project,
        COMPARED.iter().skip(first).step_by(2),
    );
}

#[test]
fn mongodb_answers_what_duckdb_answers_in_one_half_of_the_cases() {
    mongodb_answers_every_other_case(0);
}

#[test]
fn mongodb_answers_what_duckdb_answers_in_the_other_half() {
    mongodb_answers_every_other_case(1);
}

/// Everything that lies in the parts, counted by another program.
const PARTS: &str = r#"
import duckdb, json, sys
con = duckdb.connect()
con.execute(f"create view ev as select * from read_parquet('{sys.argv[1]}/*.parquet', union_by_name=true)")
rows = lambda query: [list(row) for row in con.execute(query).fetchall()]
print(json.dumps({
    "rows": rows("select count(*), count(distinct distinct_id), min(epoch_ms(time)), max(epoch_ms(time)) from ev"),
    "events": rows("select event, count(*) from ev group by 1 order by 2 desc"),
    "axum": rows("""select sum("lines_added:n"), count_if("bot:b") from ev where "repo:s" = 'tokio-rs/axum' and event = 'Commit'"""),
}))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duckdb_opens_the_parts() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = LocalOptions {
        seal_rows: 20_000,
        seal_after: Duration::from_millis(100),
        ..LocalOptions::default()
    };
    let open = || LocalStore::open(dir.path(), &options).expect("opens");
    let mut store = open();
    make_project(&store).await;
    write(&store, &messages()).await;
    let parts = dir.path().join("parts");
    let mut opened = Value::Null;
    for _ in 0..60 {
        // The last hot rows become a part, and small parts one.
        tokio::time::sleep(Duration::from_millis(500)).await;
        // While DuckDB reads, no part may be replaced.
        store.close().await;
        drop(store);
        opened = run(PARTS, &parts, &[]);
        store = open();
        if opened["rows"][0][0] == 122_004 {
            break;
        }
    }
    assert_eq!(
        opened["events"],
        json!([
            ["Commit", 65_393],
            ["Pull Request Merged", 34_771],
            ["Merge", 10_270],
            ["Co-authored", 6_205],
            ["Release Tagged", 5_365]
        ]),
        "{opened}"
    );
    let of_file = run(include_str!("oracle/file.py"), &real_events(), &[]);
    assert_eq!(opened["rows"], of_file["rows"]);
    assert_eq!(opened["axum"], of_file["axum"]);
    store.close().await;
}
