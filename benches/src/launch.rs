//! The time from launch to the first chart, and the memory of sidecar and app.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use empmix_tests::{
    desk::{Bus, Desk, Setup},
    sidecar::{Sidecar, real_events},
};

use crate::table::Table;

pub(crate) fn measure() -> Result<Table> {
    let note = "The desktop app under Xvfb on a data directory with the real data set: from the start of the app (through \
        its WebDriver) to a readable chart. Memory is PSS, measured five seconds later.";
    let head = &["launch to first chart", "sidecar", "app", "its webview"];
    let mut table = Table::new("Desktop", note, head);
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    sidecar.import(&real_events(), &project);
    sidecar.terminate();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let row = runtime.block_on(open(&sidecar.data_dir()))?;
    table.row(row);
    Ok(table)
}

async fn open(data: &Path) -> Result<[String; 4]> {
    let began = Instant::now();
    let desk = Desk::start(Setup::new(Bus::Own).data(|_| data.to_owned())).await;
    desk.window.says("unique users").await;
    let took = began.elapsed();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let memory = |name: &str| pss_of(name).map(|kib| format!("{} MiB", kib >> 10));
    Ok([
        format!("{:.2} s", took.as_secs_f64()),
        memory("empmix-sidecar")?,
        memory("empmix")?,
        memory("WebKitWebProces")?,
    ])
}

/// The PSS, in KiB, of the processes with this name.
fn pss_of(name: &str) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let of = |file: &str| std::fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        if of("comm").trim_end() == name {
            let rollup = of("smaps_rollup");
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            sum += kib.with_context(|| format!("could not read the PSS of {name}"))?;
        }
    }
    Ok(sum)
}
