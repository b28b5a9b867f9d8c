//! Import of the real data set into both stores.

use std::time::Instant;

use anyhow::Result;
use empmix_tests::{
    mongod::Mongod,
    sidecar::{Sidecar, real_events},
};

use crate::table::Table;

pub(crate) fn measure() -> Result<Table> {
    let note = "`empmix-sidecar import` of 124,368 lines of real events (210 of them links), until everything is stored. \
        The broker is the embedded one.";
    let mut table = Table::new("Import", note, &["store", "seconds", "lines/s"]);
    row(&mut table, "local", &Sidecar::start());
    let mongod = Mongod::start();
    row(
        &mut table,
        "MongoDB",
        &Sidecar::with_pair(&["--store", &mongod.fresh_uri()]),
    );
    Ok(table)
}

fn row(table: &mut Table, store: &str, sidecar: &Sidecar) {
    let project = sidecar.default_project();
    let began = Instant::now();
    sidecar.import(&real_events(), &project);
    let seconds = began.elapsed().as_secs_f64();
    table.row([
        store.to_owned(),
        format!("{seconds:.2}"),
        format!("{:.0}", 124_368.0 / seconds),
    ]);
}
