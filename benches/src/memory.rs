//! The memory of a sidecar that does nothing.

use std::time::Duration;

use anyhow::Result;
use empmix_tests::sidecar::{Sidecar, real_events};

use crate::{process, table::Table};

pub(crate) fn measure() -> Result<Table> {
    let note = "Resident memory of a sidecar with the embedded broker and the local store, five seconds after the last \
        request: all of it, and the part that is not a file's (code and libraries are files). The real data set has \
        122,004 events.";
    let mut table = Table::new("Idle sidecar", note, &["", "resident", "anonymous"]);
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    row(&mut table, "empty", &sidecar)?;
    sidecar.import(&real_events(), &project);
    sidecar.total(&project);
    row(&mut table, "after an import of the real data set", &sidecar)?;
    sidecar.terminate();
    sidecar.restart();
    sidecar.default_project();
    row(&mut table, "started with the real data set", &sidecar)?;
    sidecar.total(&project);
    row(&mut table, "after a report over all of it", &sidecar)?;
    Ok(table)
}

fn row(table: &mut Table, name: &str, sidecar: &Sidecar) -> Result<()> {
    #[allow(clippy::disallowed_methods, reason = "it settles meanwhile")]
    std::thread::sleep(Duration::from_secs(5));
    let [all, anonymous] = process::resident(sidecar.pid())?;
    let mib = |kib: u64| format!("{} MiB", kib >> 10);
    table.row([name.to_owned(), mib(all), mib(anonymous)]);
    Ok(())
}
