//! Import of the real data set into both stores.

use std::time::Instant;

use anyhow::{Context, Result};
use empmix_tests::{
    duckdb,
    mongod::Mongod,
    sidecar::{Sidecar, real_events},
};

use crate::table::Table;

/// The number of lines of the file.
const LINES: f64 = 124_368.0;

pub(crate) fn measure() -> Result<Table> {
    let note = "`empmix-sidecar import` of 124,368 lines of real events (210 of them links), until everything is stored, \
        with the embedded broker. For comparison, DuckDB reads the same file into a table on disk, without \
        acknowledgements, deduplication or identity.";
    let mut table = Table::new("Import", note, &["store", "seconds", "lines/s"]);
    row(&mut table, "local", &Sidecar::start());
    let mongod = Mongod::start();
    row(
        &mut table,
        "MongoDB",
        &Sidecar::with_pair(&["--store", &mongod.fresh_uri()]),
    );
    peer(&mut table)?;
    Ok(table)
}

fn row(table: &mut Table, store: &str, sidecar: &Sidecar) {
    let project = sidecar.default_project();
    let began = Instant::now();
    sidecar.import(&real_events(), &project);
    took(table, store, began.elapsed().as_secs_f64());
}

fn took(table: &mut Table, store: &str, seconds: f64) {
    table.row([
        store.to_owned(),
        format!("{seconds:.2}"),
        format!("{:.0}", LINES / seconds),
    ]);
}

const DUCKDB: &str = r#"
import duckdb, json, sys, time
con = duckdb.connect(sys.argv[2]); con.execute("PRAGMA threads=2")
t = time.perf_counter()
columns = "{event: 'varchar', distinct_id: 'varchar', timestamp: 'bigint', insert_id: 'varchar', properties: 'json'}"
con.execute(f"create table ev as select * from read_json(?, format='newline_delimited', columns={columns})", [sys.argv[1]])
con.execute("checkpoint")
print(json.dumps(time.perf_counter() - t))
"#;

fn peer(table: &mut Table) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("peer.duckdb");
    let seconds = duckdb::ask(DUCKDB, &[real_events().as_os_str(), database.as_os_str()]);
    took(
        table,
        "DuckDB",
        seconds
            .as_f64()
            .context("DuckDB did not report its time in seconds")?,
    );
    Ok(())
}
