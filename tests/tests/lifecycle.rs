//! Starting, stopping and going on while a server is unreachable: nothing that got a `200` is lost, and
//! callers get the reason.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use empmix_tests::{
    mongod::Mongod,
    sidecar::{Sidecar, TestProject, status_and_body},
    spawn::{Process, built, free_port, wait_for},
};
use reqwest::blocking::Response;
use serde_json::{Value, json};

/// Well formed, and of no project.
const STRANGE_KEY: &str = "pk_00000000000000000000000000000000432f00c8";

fn event(id: &str) -> Value {
    json!({"event": "a", "distinct_id": "u", "insert_id": id})
}

fn readiness(sidecar: &Sidecar) -> (u16, String) {
    let url = format!("{}/readyz", sidecar.url);
    let (status, body) = status_and_body(reqwest::blocking::get(url).unwrap());
    (
        status,
        body["reason"].as_str().unwrap_or_default().to_owned(),
    )
}

fn with_key(sidecar: &Sidecar, key: &str) -> Response {
    let project = TestProject {
        id: String::new(),
        public_key: key.to_owned(),
    };
    sidecar.track(&project, &event("strange"))
}

#[test]
fn a_store_that_goes_away_stops_no_ingest() {
    let mut mongod = Mongod::start();
    let mut sidecar = Sidecar::with_pair(&["--store", &mongod.fresh_uri()]);
    let project = sidecar.default_project();
    assert_eq!(sidecar.track(&project, &event("before")).status(), 200);
    assert_eq!(with_key(&sidecar, STRANGE_KEY).status(), 401);
    sidecar.wait_for_total(&project, 1.0);
    mongod.kill9();
    wait_for("a reason", Duration::from_secs(20), || {
        let (status, reason) = readiness(&sidecar);
        (status == 503 && reason.starts_with("store: ")).then_some(())
    });
    assert_eq!(sidecar.track(&project, &event("without")).status(), 200);
    wait_for(
        "no result on an unknown key",
        Duration::from_secs(20),
        || (with_key(&sidecar, STRANGE_KEY).status() == 503).then_some(()),
    );
    sidecar.restart();
    assert_eq!(
        sidecar.track(&project, &event("restarted")).status(),
        200,
        "its key is in keys.json"
    );
    mongod.restart();
    wait_for("the store", Duration::from_secs(30), || {
        (readiness(&sidecar).0 == 200).then_some(())
    });
    sidecar.wait_for_total(&project, 3.0);
    wait_for(
        "a result on an unknown key",
        Duration::from_secs(20),
        || (with_key(&sidecar, STRANGE_KEY).status() == 401).then_some(()),
    );
}

#[test]
fn without_a_broker_it_listens_and_is_not_ready() {
    let broker = format!("amqp://u:CANARY@127.0.0.1:{}/%2f", free_port());
    let began = Instant::now();
    let mut sidecar = Sidecar::with_pair(&["--broker", &broker]);
    assert!(began.elapsed() < Duration::from_secs(10));
    let project = sidecar.default_project();
    let (status, reason) = readiness(&sidecar);
    assert_eq!(status, 503);
    assert!(reason.starts_with("broker: "), "{reason}");
    let refused = sidecar.track(&project, &event("1"));
    assert!(refused.headers().contains_key("retry-after"));
    let (status, body) = status_and_body(refused);
    assert_eq!(
        (status, body["error"]["type"].clone()),
        (503, json!("unavailable_error")),
        "{body}"
    );
    let looked = sidecar.command(&["doctor"]).output().unwrap();
    let said = String::from_utf8_lossy(&looked.stdout);
    assert!(!looked.status.success());
    assert!(
        said.contains("missing  broker: ") && !said.contains("missing  store"),
        "{said}"
    );
    assert_eq!(sidecar.terminate(), 0);
    assert!(!format!("{said}{reason}{body}{}", sidecar.read_log()).contains("CANARY"));
}

#[test]
fn an_open_live_stream_does_not_hold_up_the_end() {
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let stream = sidecar
        .get(&format!("/api/v1/projects/{}/live", project.id))
        .send()
        .unwrap();
    assert_eq!(stream.status(), 200);
    let began = Instant::now();
    assert_eq!(sidecar.terminate(), 0);
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(stream.text().unwrap(), ": open\n\n", "a whole answer");
}

#[test]
fn a_lease_ends_with_its_holder_and_a_signal_does_not_wait_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        let mut process =
            Process::start(built("EMPMIX_SIDECAR_BIN", "empmix-sidecar"), |command| {
                command
                    .args([
                        "serve",
                        "--listen",
                        "127.0.0.1:0",
                        "--lease",
                        "stdin",
                        "--data-dir",
                    ])
                    .arg(dir.path().join("data"))
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped());
            });
        let mut held = process.child().stdin.take().unwrap();
        held.write_all(b"{\"token\":\"of this launch\"}\n").unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.child().stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let status = reqwest::blocking::Client::new()
            .get(format!("{}/api/v1/status", ready["url"].as_str().unwrap()))
            .bearer_auth("of this launch");
        assert_eq!(status.send().unwrap().status(), 200);
        (process, held)
    };
    let (mut process, held) = start();
    drop(held);
    assert_eq!(process.wait(Duration::from_secs(5)), Some(0));
    let (mut process, _held) = start();
    process.signal("TERM");
    assert_eq!(process.wait(Duration::from_secs(5)), Some(0));
}

/// A thread or task that ends by itself ends the process, which a supervisor starts again.
#[test]
fn no_thread_or_task_ends_unnoticed() {
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    assert_eq!(sidecar.track(&project, &event("before")).status(), 200);
    sidecar.wait_for_total(&project, 1.0);
    for name in [
        "consumer",
        "mover of dead letters",
        "store writer",
        "sealer",
        "queue writer",
        "queue reader",
        "refresh of keys",
    ] {
        sidecar.terminate();
        let mut serve = sidecar.command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.env("EMPMIX_SABOTAGE", name);
        let ended = serve.output().expect("it starts");
        let log = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(75), "{name}: {log}");
        assert!(
            log.contains(&format!("the {name} panicked")),
            "{name}: {log}"
        );
        sidecar.restart();
        sidecar.wait_for_total(&project, 1.0);
    }
}
