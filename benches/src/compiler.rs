//! The cost of each workaround for the fault in WebKit's WebAssembly compiler: launches and frames of the
//! desktop app, with one option of JavaScriptCore at a time (docs/decisions/0006-wasm-compiler.md).

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use empmix_tests::{
    desk::{Bus, Desk, Setup},
    sidecar::{Sidecar, real_events},
};
use serde_json::Value;

use crate::table::Table;

/// The number of launches per option.
const LAUNCHES: usize = 9;
/// `useJIT=1` is JavaScriptCore's default. Setting it prevents the app from applying its workaround.
const OPTIONS: [(&str, &str); 3] = [
    ("JSC_useJIT", "1"),
    ("JSC_useConcurrentJIT", "0"),
    ("JSC_useBBQJIT", "0"),
];

/// Moves the pointer over the chart for three seconds and returns the time of each frame's callback,
/// in milliseconds.
const FRAMES: &str = r"
const times = [];
const request = window.requestAnimationFrame;
window.requestAnimationFrame = (callback) => request((time) => {
  const began = performance.now();
  callback(time);
  times.push(performance.now() - began);
});
const canvas = document.querySelector('canvas');
let moved = 0;
const move = setInterval(() => {
  const at = {clientX: 500 + moved * 7 % 600, clientY: 300 + moved * 3 % 200, bubbles: true, pointerId: 1};
  canvas.dispatchEvent(new PointerEvent('pointermove', at));
  moved += 1;
}, 16);
setTimeout(() => { clearInterval(move); window.requestAnimationFrame = request; done(times); }, 3000);
";

pub(crate) fn measure() -> Result<Table> {
    let note = "The desktop app under Xvfb, with one option of JavaScriptCore at a time: launch to a readable chart \
        (9 launches), then the CPU time of each frame while the pointer moves over the chart for 3 s.";
    let head = &[
        "option",
        "launch, median",
        "slowest",
        "frame, median",
        "p95",
    ];
    let mut table = Table::new("WebAssembly compiler", note, head);
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    sidecar.import(&real_events(), &project);
    sidecar.terminate();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for (name, value) in OPTIONS {
        table.row(runtime.block_on(row(&sidecar.data_dir(), name, value))?);
    }
    Ok(table)
}

async fn row(data: &Path, name: &str, value: &str) -> Result<[String; 5]> {
    let mut launches = Vec::new();
    let mut frames = Vec::new();
    for _ in 0..LAUNCHES {
        let began = Instant::now();
        let setup = Setup::new(Bus::Own).data(|_| data.to_owned());
        let desk = Desk::start(setup.environment(name, value)).await;
        desk.window.says("unique users").await;
        launches.push(began.elapsed());
        frames.extend(frame_times(&desk.window.script_async(FRAMES).await)?);
    }
    launches.sort();
    frames.sort_by(f64::total_cmp);
    let seconds = |took: Duration| format!("{:.2} s", took.as_secs_f64());
    let frame = |part: usize| {
        let time = frames.get(frames.len() * part / 100);
        time.map_or("none".to_owned(), |ms| format!("{ms:.1} ms"))
    };
    Ok([
        format!("`{name}={value}`"),
        seconds(launches[LAUNCHES / 2]),
        seconds(launches[LAUNCHES - 1]),
        frame(50),
        frame(95),
    ])
}

fn frame_times(answer: &Value) -> Result<Vec<f64>> {
    let times = answer.as_array().context("the page returns a list")?;
    Ok(times.iter().filter_map(Value::as_f64).collect())
}
