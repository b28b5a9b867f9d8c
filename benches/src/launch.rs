//! From the start of the app, or of the page in a browser, to the first chart; and the app's memory.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use empmix_tests::{
    browser::Browser,
    desk::{Bus, Desk, Setup},
    sidecar::{Sidecar, real_events},
};
use serde_json::Value;

use crate::{process, table::Table};

/// The number of launches of each.
const LAUNCHES: usize = 20;

/// Waits for the chart, and tells when what had happened, in milliseconds of the page's own clock: the
/// console is loaded, it has started (its first frame comes next), the chart can be read. The last is the
/// time of the page's start on the clock of the machine.
const MARKS: &str = r"
const mark = (name) => performance.getEntriesByName(name)[0]?.startTime ?? 0;
const look = () => {
  const names = [...document.querySelectorAll('#a11y [aria-label]')].map(n => n.getAttribute('aria-label'));
  if (!names.some(name => name.includes('unique users: total'))) return setTimeout(look, 5);
  done([mark('console loaded'), mark('console started'), performance.now(), performance.timeOrigin]);
};
look();
";

pub(crate) fn measure() -> Result<Table> {
    let note = format!(
        "{LAUNCHES} launches of the desktop app under Xvfb, and {LAUNCHES} new pages in headless Chromium, on a data \
        directory with the real data set, to a chart that can be read. In the window the time counts from the start of \
        the app's process, in Chromium from the start of the navigation. Memory is PSS, five seconds after the last \
        launch: the sidecar, the app, its web view."
    );
    let head = &[
        "",
        "page",
        "console loaded",
        "console started",
        "chart, median",
        "chart, slowest",
    ];
    let mut table = Table::new("Launch", note, head);
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    sidecar.import(&real_events(), &project);
    sidecar.terminate();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut launches = Vec::new();
    for _ in 0..LAUNCHES {
        launches.push(runtime.block_on(open(&sidecar.data_dir()))?);
    }
    table.row(row("desktop app", launches));
    sidecar.restart();
    let link = sidecar.cli(&["token", "--link"]);
    let pages = runtime.block_on(browse(&link))?;
    table.row(row("page in Chromium", pages));
    sidecar.terminate();
    let memory = runtime.block_on(memory(&sidecar.data_dir()))?;
    let [sidecar, app, page] = memory;
    table.row([
        "memory".to_owned(),
        format!("sidecar {sidecar}"),
        format!("app {app}"),
        format!("web view {page}"),
        String::new(),
        String::new(),
    ]);
    Ok(table)
}

/// When what had happened, since the start.
type Launch = [Duration; 4];

async fn start(data: &Path) -> Desk {
    Desk::start(Setup::new(Bus::Own).data(|_| data.to_owned())).await
}

async fn open(data: &Path) -> Result<Launch> {
    let desk = start(data).await;
    let marks = marks(&desk.window).await?;
    let (sidecar, _) = desk.running().context("the sidecar runs")?;
    let age = process::age(process::parent_of(sidecar)?)?;
    let now = std::time::UNIX_EPOCH.elapsed()?;
    let page = Duration::from_secs_f64(marks[3] / 1000.0).saturating_sub(now.saturating_sub(age));
    let since = |mark: usize| page + Duration::from_secs_f64(marks[mark] / 1000.0);
    Ok([page, since(0), since(1), since(2)])
}

async fn browse(link: &str) -> Result<Vec<Launch>> {
    let browser = Browser::chromium().await;
    browser.go(link).await;
    browser.says("unique users: total").await;
    let mut launches = Vec::new();
    for _ in 0..LAUNCHES {
        let address = browser.script("return location.href", vec![]).await;
        browser.go("about:blank").await;
        browser.go(address.as_str().context("an address")?).await;
        let marks = marks(&browser).await?;
        let since = |mark: usize| Duration::from_secs_f64(marks[mark] / 1000.0);
        launches.push([Duration::ZERO, since(0), since(1), since(2)]);
    }
    Ok(launches)
}

async fn marks(window: &Browser) -> Result<[f64; 4]> {
    let answer = window.script_async(MARKS).await;
    let times = answer.as_array().context("the page returns a list")?;
    let times: Vec<f64> = times.iter().filter_map(Value::as_f64).collect();
    times.try_into().ok().context("four times")
}

/// The medians of all, and the slowest of the last.
fn row(name: &str, launches: Vec<Launch>) -> [String; 6] {
    let sorted = |at: usize| {
        let mut times: Vec<Duration> = launches.iter().map(|launch| launch[at]).collect();
        times.sort();
        times
    };
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let median = |at: usize| seconds(sorted(at)[launches.len() / 2]);
    let slowest = sorted(3).last().copied().unwrap_or_default();
    [
        name.to_owned(),
        median(0),
        median(1),
        median(2),
        median(3),
        seconds(slowest),
    ]
}

async fn memory(data: &Path) -> Result<[String; 3]> {
    let desk = start(data).await;
    desk.window.says("unique users").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let memory = |name: &str| pss_of(name).map(|kib| format!("{} MiB", kib >> 10));
    Ok([
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
