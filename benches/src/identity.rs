//! Links: an import of them into an empty project, and one in a project with a million.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Instant,
};

use anyhow::Result;
use empmix_tests::{
    mongod::Mongod,
    sidecar::{Sidecar, TestProject},
};

use crate::table::Table;

/// Lines of the import, in tenths.
const LINES: usize = 150_000;
/// Links of the grown project.
const GROWN: usize = 1_000_000;

pub(crate) fn measure() -> Result<Table> {
    let note = format!(
        "`$create_alias` lines, each of two new ids, imported in files of {} lines into one project until all are \
        stored; the first and the last file of {LINES} lines in all. Then the project (local) grows to {GROWN} \
        links, and another such file follows.",
        LINES / 10
    );
    let head = &["store", "lines before", "lines/s", "per link"];
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
        for tenth in 0..10 {
            let before = links.next;
            let seconds = links.import(LINES / 10)?;
            if [0, 9].contains(&tenth) {
                row(&mut table, name, before, seconds);
            }
        }
        if grows {
            links.import(GROWN - LINES)?;
            let seconds = links.import(LINES / 10)?;
            row(&mut table, name, GROWN, seconds);
        }
    }
    Ok(table)
}

fn row(table: &mut Table, store: &str, before: usize, seconds: f64) {
    #[allow(clippy::cast_precision_loss, reason = "a rate needs few digits")]
    let lines = (LINES / 10) as f64;
    table.row([
        store.to_owned(),
        before.to_string(),
        format!("{:.0}", lines / seconds),
        format!("{:.3} ms", seconds * 1e3 / lines),
    ]);
}

/// A project whose links are numbered.
struct Links {
    sidecar: Sidecar,
    project: TestProject,
    next: usize,
}

impl Links {
    /// Imports the next links; how many seconds it took.
    fn import(&mut self, count: usize) -> Result<f64> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("links.ndjson");
        write(&file, self.next, count)?;
        self.next += count;
        let began = Instant::now();
        self.sidecar.import(&file, &self.project);
        Ok(began.elapsed().as_secs_f64())
    }
}

fn write(file: &Path, from: usize, count: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    for number in from..from + count {
        writeln!(
            out,
            r#"{{"event":"$create_alias","distinct_id":"user {number}","insert_id":"{number}","timestamp":{},"properties":{{"alias":"device {number}"}}}}"#,
            1_767_225_600_000 + number
        )?;
    }
    Ok(out.flush()?)
}
