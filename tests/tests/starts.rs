//! Hundreds of starts of the real window: each must show a chart that can be read.
//!
//! The compilers of JavaScriptCore work beside the program that they compile, so what goes wrong goes
//! wrong at some starts only. `EMPMIX_STARTS` sets their number.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "what fails here fails the test; the slowest start is its result"
)]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use empmix_tests::{
    desk::{Bus, Desk, Setup},
    picture::Picture,
    spawn::built,
};

/// What the chart says of the sample data.
const ANSWER: &str = "unique users: total 658,";
/// Pixels in a thousand in which two pictures of one chart may differ.
const TOLERANCE: usize = 2;
/// What the window's watchdog logs when no frame comes for 2 s, and when one comes again. That is a
/// matter of time, which a machine that does something else takes: it is counted and printed, and the
/// chart must come all the same.
const STALL: [&str; 2] = ["The console does not draw", "the console draws again"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "nightly: 300 starts"]
async fn every_start_of_the_debug_app_shows_the_chart() {
    let app = built("EMPMIX_APP_BIN", "empmix");
    let sidecar = built("EMPMIX_SIDECAR_BIN", "empmix-sidecar");
    every_start(&app, &sidecar).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "nightly: 300 starts"]
async fn every_start_of_the_release_app_shows_the_chart() {
    let path = |name: &str| PathBuf::from(std::env::var_os(name).expect("xtask builds it"));
    let app = path("EMPMIX_RELEASE_APP_BIN");
    every_start(&app, &path("EMPMIX_RELEASE_SIDECAR_BIN")).await;
}

async fn every_start(app: &Path, sidecar: &Path) {
    let starts = std::env::var("EMPMIX_STARTS").map_or(300, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a temporary directory");
    let data = folder.path().join("data");
    load_sample(app, sidecar, &data).await;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for number in 0..starts {
        let (app, sidecar, data) = (app.to_owned(), sidecar.to_owned(), data.clone());
        // A task of its own: the starts after one that fails are counted too.
        let start = tokio::spawn(async move { one_start(&app, &sidecar, &data).await });
        match start.await {
            Ok(start) => done.push((number, start)),
            Err(error) => failed.push((number, error.to_string())),
        }
        if (number + 1) % 50 == 0 {
            println!("{} of {starts} starts, {} failed", number + 1, failed.len());
        }
    }
    failed.extend(odd_pictures(&done));
    let mut times: Vec<Duration> = done.iter().map(|(_, start)| start.took).collect();
    times.sort();
    let [median, slowest] = [times[times.len() / 2], times[times.len() - 1]];
    let stalls = done.iter().filter(|(_, start)| start.stalled).count();
    println!(
        "{starts} starts: median {median:.2?}, slowest {slowest:.2?}, {stalls} without a frame for 2 s"
    );
    assert!(
        failed.is_empty(),
        "{} of {starts} failed: {failed:?}",
        failed.len()
    );
}

/// What a start came to.
struct Start {
    took: Duration,
    picture: Picture,
    stalled: bool,
}

/// Starts the window, waits for its chart, and takes a picture.
async fn one_start(app: &Path, sidecar: &Path, data: &Path) -> Start {
    let began = Instant::now();
    let desk = start(app, sidecar, data).await;
    desk.window.says(ANSWER).await;
    let took = began.elapsed();
    let picture = Picture::read(&desk.window.picture("start").await);
    let log = desk.log();
    let said = log.lines().filter(|line| line.contains("console: "));
    let (stalls, faults): (Vec<&str>, Vec<&str>) =
        said.partition(|line| STALL.iter().any(|stall| line.contains(stall)));
    assert!(faults.is_empty(), "{log}");
    Start {
        took,
        picture,
        stalled: !stalls.is_empty(),
    }
}

async fn start(app: &Path, sidecar: &Path, data: &Path) -> Desk {
    let setup = Setup::new(Bus::None).app(app.to_owned());
    let setup = setup.sidecar(|_| sidecar.to_owned());
    Desk::start(setup.data(|_| data.to_owned())).await
}

async fn load_sample(app: &Path, sidecar: &Path, data: &Path) {
    let desk = start(app, sidecar, data).await;
    desk.window.click("button", "Load sample data").await;
    desk.window.says(ANSWER).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// Most pictures are alike; one that differs from them shows something else. It is kept.
fn odd_pictures(done: &[(usize, Start)]) -> Vec<(usize, String)> {
    let differs = |a: &Picture, b: &Picture| a.per_mille_that_differ(b) > TOLERANCE;
    let pictures: Vec<(usize, &Picture)> = done
        .iter()
        .map(|(number, start)| (*number, &start.picture))
        .collect();
    let alike = |one: &Picture| {
        let others = pictures.iter();
        others.filter(|(_, other)| !differs(one, other)).count()
    };
    let first = pictures.iter().take(5);
    let usual = first.max_by_key(|(_, one)| alike(one));
    let (_, usual) = usual.expect("a start succeeded");
    let odd = pictures.iter().filter(|(_, one)| differs(usual, one));
    odd.map(|(number, one)| {
        let kept = one.keep(&format!("start-{number}"));
        (
            *number,
            format!("another picture than usual: {}", kept.display()),
        )
    })
    .collect()
}
