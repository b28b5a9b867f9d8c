//! Unique users per day over generated events: both stores, and DuckDB in the same run.

use std::path::Path;

use anyhow::{Result, ensure};
use empmix_tests::{duckdb, mongod::Mongod, sidecar::Sidecar};
use serde_json::{Value, json};

use crate::{events, table::Table};

/// The number of runs of each query; the best time counts.
const RUNS: usize = 5;

pub(crate) fn measure(count: usize) -> Result<Table> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("events.ndjson");
    events::write(&file, count)?;
    let note = format!(
        "{count} generated events over 90 days. Distinct users per day, for one event name and for all events; the best of \
        {RUNS} runs, measured inside the store (for DuckDB: around the query, with its own table format and 2 threads)."
    );
    let mut table = Table::new(
        "Unique users per day",
        note,
        &["engine", "page_view", "every event"],
    );
    let local = run_queries(&Sidecar::start(), &file)?;
    let mongod = Mongod::start();
    let mongo = run_queries(
        &Sidecar::with_pair(&["--store", &mongod.fresh_uri()]),
        &file,
    )?;
    ensure!(local.answers == mongo.answers, "the two stores disagree");
    table.row(["local".to_owned(), ms(local.best[0]), ms(local.best[1])]);
    table.row(["MongoDB".to_owned(), ms(mongo.best[0]), ms(mongo.best[1])]);
    let peer = duckdb::ask(DUCKDB, &[file.as_os_str(), RUNS.to_string().as_ref()]);
    ensure!(json!(local.answers) == peer["answers"], "DuckDB disagrees");
    let of = |index: usize| ms(peer["ms"][index].as_f64().unwrap_or(f64::NAN));
    table.row(["DuckDB".to_owned(), of(0), of(1)]);
    Ok(table)
}

fn ms(time: f64) -> String {
    format!("{time:.1} ms")
}

struct QueryResults {
    best: [f64; 2],
    answers: Vec<Value>,
}

fn run_queries(sidecar: &Sidecar, file: &Path) -> Result<QueryResults> {
    let project = sidecar.default_project();
    sidecar.import(file, &project);
    let mut results = QueryResults {
        best: [f64::INFINITY; 2],
        answers: Vec::new(),
    };
    for (index, event) in [json!("page_view"), Value::Null].into_iter().enumerate() {
        let report = json!({"kind": "insights", "range": {"from": "2026-01-01", "to": "2026-03-31"}, "granularity": "day",
            "series": [{"id": "A", "event": event, "measure": {"type": "unique"}}]});
        let mut points = Value::Null;
        for _ in 0..RUNS {
            let mut answer = sidecar.query(&project, &report);
            let took = answer["took_ms"].as_f64().unwrap_or(f64::INFINITY);
            results.best[index] = results.best[index].min(took);
            points = answer["result"]["series"][0]["points"].take();
        }
        ensure!(
            points.as_array().is_some_and(|points| points.len() == 90),
            "the answer does not have 90 days"
        );
        results.answers.push(points);
    }
    Ok(results)
}

const DUCKDB: &str = r#"
import duckdb, json, sys, time
con = duckdb.connect(); con.execute("PRAGMA threads=2")
con.execute("create table ev as select event, distinct_id, epoch_ms(timestamp) ts from read_json(?, format='newline_delimited')", [sys.argv[1]])
ms, answers = [], []
for where in ("where event='page_view'", ""):
    best = 1e18
    for _ in range(int(sys.argv[2])):
        t = time.perf_counter()
        rows = con.execute(f"select date_trunc('day', ts) d, count(distinct distinct_id) from ev {where} group by 1 order by 1").fetchall()
        best = min(best, (time.perf_counter() - t) * 1e3)
    ms.append(best); answers.append([r[1] for r in rows])
print(json.dumps({"ms": ms, "answers": answers}))
"#;
