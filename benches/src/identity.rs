//! Links: an import of them into an empty project, and into one with a million.

use std::{
    fmt::Write,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use empmix_tests::{
    mongod::Mongod,
    sidecar::{Sidecar, TestProject},
};
use serde_json::{Value, json};

use crate::table::Table;

/// Lines of the import.
const LINES: usize = 150_000;
/// Links of the grown project.
const GROWN: usize = 1_000_000;
/// Lines of a request.
const BLOCK: usize = 10_000;
/// How often the job is looked at.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) fn measure() -> Result<Table> {
    let note = format!(
        "`$create_alias` lines, each of two new ids, imported into one project until all are stored; a tenth \
        is of its parts, by when the job counted them, up to the end of the batch in which it ends. Then the project \
        (local) grows to {GROWN} links, and another such import follows."
    );
    let head = &[
        "store",
        "lines before",
        "lines/s",
        "first tenth",
        "last tenth",
        "per link",
    ];
    let mut table = Table::new("Links", note, head);
    let mongod = Mongod::start();
    let store = mongod.fresh_uri();
    for (name, pair, grows) in [
        ("local", Vec::new(), true),
        ("MongoDB", vec!["--store", &store], false),
    ] {
        let sidecar = Sidecar::with_pair(&pair);
        let mut links = Links {
            project: sidecar.default_project(),
            sidecar,
            next: 0,
        };
        table.row(row(name, 0, &links.import(LINES)?)?);
        if grows {
            links.import(GROWN - LINES)?;
            table.row(row(name, GROWN, &links.import(LINES)?)?);
        }
    }
    Ok(table)
}

/// How many parts were stored when, in seconds.
type Progress = Vec<(f64, f64)>;

/// What is shown of an import of [`LINES`] lines.
fn row(store: &str, before: usize, progress: &Progress) -> Result<[String; 6]> {
    let (end, parts) = progress.last().context("a job that is done")?;
    let reached = |parts: f64| progress.iter().find(|(_, done)| *done >= parts);
    let (first, first_done) = reached(0.1 * parts).context("a first tenth")?;
    let before_last = progress.iter().rfind(|(_, done)| *done <= 0.9 * parts);
    let (_, last_done) = before_last.context("a last tenth")?;
    let (last, _) = reached(*last_done).context("a last tenth")?;
    #[allow(clippy::cast_precision_loss, reason = "a rate needs few digits")]
    let lines = LINES as f64;
    let rate = |done: f64, seconds: f64| format!("{:.0}", lines * done / parts / seconds);
    Ok([
        store.to_owned(),
        before.to_string(),
        rate(*parts, *end),
        rate(*first_done, *first),
        rate(parts - last_done, end - last),
        format!("{:.3} ms", end * 1e3 / lines),
    ])
}

/// A project whose links are numbered.
struct Links {
    sidecar: Sidecar,
    project: TestProject,
    next: usize,
}

impl Links {
    /// Imports the next links and tells how it went on.
    fn import(&mut self, count: usize) -> Result<Progress> {
        let job = format!("{:016x}", self.next + 1);
        let import = format!("/api/v1/projects/{}/import?job={job}", self.project.id);
        let state = format!("/api/v1/jobs/{job}");
        let (first, end) = (self.next, self.next + count);
        self.next = end;
        let sidecar = &self.sidecar;
        let began = Instant::now();
        thread::scope(|scope| {
            let sender = scope.spawn(move || {
                for from in (first..end).step_by(BLOCK) {
                    let to = end.min(from + BLOCK);
                    let url = format!(
                        "{import}&first_line={}&close={}",
                        from - first + 1,
                        to == end
                    );
                    let sent = sidecar
                        .post(&url, &json!({}))
                        .body(lines(from, to)?)
                        .send()?;
                    ensure!(sent.status() == 200, "{}", sent.text()?);
                }
                Ok(())
            });
            let mut progress = Vec::new();
            loop {
                let job = sidecar.get(&state).send()?;
                let is_known = job.status() == 200;
                let job: Value = job.json()?;
                if is_known && let Some(done) = job["done"].as_f64() {
                    progress.push((began.elapsed().as_secs_f64(), done));
                }
                if job["state"] == "done" || (sender.is_finished() && !is_known) {
                    break;
                }
                thread::park_timeout(LOOK);
            }
            let sent = sender.join();
            sent.map_err(|_| anyhow!("the sender panicked"))??;
            Ok(progress)
        })
    }
}

fn lines(from: usize, to: usize) -> Result<String> {
    let mut lines = String::new();
    for number in from..to {
        writeln!(
            lines,
            r#"{{"event":"$create_alias","distinct_id":"user {number}","insert_id":"{number}","timestamp":{},"properties":{{"alias":"device {number}"}}}}"#,
            1_767_225_600_000 + number
        )?;
    }
    Ok(lines)
}
