//! A question while events arrive, in a project of a million ids.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use empmix_tests::sidecar::{Sidecar, TestProject};
use serde_json::{Value, json};

use crate::table::Table;

const IDS: usize = 1_000_000;
const RUNS: usize = 25;
/// Events of a request, and requests a second.
const LOAD: (u32, u32) = (50, 100);

pub(crate) fn measure() -> Result<Table> {
    let note = format!(
        "Unique users per day over {IDS} events of as many ids, in the local store: the median of {RUNS} answers at \
        rest, and beside an ingest of {} events/s. The time is that of the whole request.",
        LOAD.0 * LOAD.1
    );
    let mut table = Table::new("Query beside ingest", note, &["", "median", "slowest"]);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("events.ndjson");
    write(&file)?;
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    sidecar.import(&file, &project);
    row(&mut table, "at rest", ask(&sidecar, &project));
    let (off, sent) = (AtomicBool::new(false), AtomicBool::new(false));
    let times = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let result = send(&sidecar, &project, &off, &sent);
            sent.store(true, Ordering::Relaxed);
            result
        });
        while !sent.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let times = ask(&sidecar, &project);
        off.store(true, Ordering::Relaxed);
        let loaded = load
            .join()
            .map_err(|_| anyhow::anyhow!("the load panicked"))?;
        loaded.map(|()| times)
    })?;
    row(&mut table, "beside ingest", times);
    Ok(table)
}

fn row(table: &mut Table, name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |at: usize| format!("{:.1} ms", times[at].as_secs_f64() * 1e3);
    table.row([name.to_owned(), ms(times.len() / 2), ms(times.len() - 1)]);
}

fn ask(sidecar: &Sidecar, project: &TestProject) -> Vec<Duration> {
    let report = json!({"kind": "insights", "range": {"from": "2026-01-01", "to": "2026-03-31"}, "granularity": "day",
        "series": [{"id": "A", "event": null, "measure": {"type": "unique"}}]});
    let ask = |_| {
        let began = Instant::now();
        sidecar.query(project, &report);
        began.elapsed()
    };
    (0..RUNS).map(ask).collect()
}

/// Sends events of new ids at a steady rate, until it is off.
fn send(
    sidecar: &Sidecar,
    project: &TestProject,
    off: &AtomicBool,
    sent: &AtomicBool,
) -> Result<()> {
    let began = Instant::now();
    for request in 0.. {
        if off.load(Ordering::Relaxed) {
            break;
        }
        let event = |index: u32| -> Value {
            let number = request * LOAD.0 + index;
            json!({"event": "page_view", "distinct_id": format!("new {number}"), "insert_id": format!("new {number}"),
                "timestamp": 1_770_000_000_000_u64 + u64::from(number)})
        };
        let events: Vec<Value> = (0..LOAD.0).map(event).collect();
        let body = json!({"apiKey": project.public_key, "events": events});
        let reply = sidecar.open_post("/public/track").json(&body).send()?;
        ensure!(reply.status().is_success(), "{}", reply.status());
        sent.store(true, Ordering::Relaxed);
        let due = Duration::from_secs(1) * (request + 1) / LOAD.1;
        let early = due.saturating_sub(began.elapsed());
        #[allow(
            clippy::disallowed_methods,
            reason = "the load's own thread waits here"
        )]
        std::thread::sleep(early);
        let late = began.elapsed().saturating_sub(due);
        ensure!(late < Duration::from_secs(5), "the load is {late:?} behind");
    }
    Ok(())
}

fn write(file: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    for number in 0..IDS {
        // 2026-01-01T00:00:00Z, and 90 days.
        let time = 1_767_225_600_000 + number * (90 * 86_400_000 / IDS);
        writeln!(
            out,
            r#"{{"event":"page_view","distinct_id":"user {number}","insert_id":"{number}","timestamp":{time}}}"#
        )?;
    }
    out.flush().context("the events cannot be written")
}
