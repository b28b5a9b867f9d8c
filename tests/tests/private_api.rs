//! Who may ask and who may not; tokens, links, keys, and the one sidecar of a directory.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::time::{Duration, Instant};

use empmix_tests::{
    sidecar::{Sidecar, every_event, status_and_body},
    spawn::wait_for,
};
use serde_json::{Value, json};

#[test]
fn the_private_api_takes_its_token_only_and_names_the_field_that_is_wrong() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let path = format!("{}/api/v1/status", sidecar.url);
    let http = reqwest::blocking::Client::new();
    let status =
        |request: reqwest::blocking::RequestBuilder| request.send().unwrap().status().as_u16();
    assert_eq!(status(http.get(&path)), 401);
    assert_eq!(
        status(http.get(&path).bearer_auth(&project.public_key)),
        401,
        "a public key is not a token"
    );
    assert_eq!(
        status(
            http.get(&path)
                .bearer_auth(sidecar.token())
                .header("host", "evil.test")
        ),
        403
    );
    assert_eq!(
        status(
            http.get(&path)
                .bearer_auth(sidecar.token())
                .header("origin", "https://evil.test")
        ),
        403
    );
    assert_eq!(status(sidecar.get("/api/v1/status")), 200);
    let query = |report: Value| {
        let path = format!("/api/v1/projects/{}/query", project.id);
        status_and_body(sidecar.post(&path, &report).send().unwrap())
    };
    let forced = |engine: &str| {
        let path = format!("/api/v1/projects/{}/query?engine={engine}", project.id);
        let report = every_event(&["total"]);
        status_and_body(sidecar.post(&path, &report).send().unwrap())
    };
    assert_eq!(forced("local").0, 200);
    for other in ["mongodb", "abacus"] {
        let (status_code, body) = forced(other);
        assert_eq!(
            (status_code, &body["error"]["path"]),
            (400, &json!("engine")),
            "{body}"
        );
    }
    let mut report = every_event(&["total"]);
    report["series"][0]["mesure"] = json!(1);
    let (status_code, body) = query(report);
    assert_eq!(
        (status_code, body["error"]["type"].clone()),
        (400, json!("invalid_query")),
        "{body}"
    );
    assert!(
        body["error"]["path"]
            .as_str()
            .unwrap()
            .starts_with("series[0]"),
        "{body}"
    );
    let (status_code, body) = query(json!({"kind": "funnel"}));
    assert_eq!(status_code, 400);
    assert!(
        body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not in this version"),
        "{body}"
    );
    let elsewhere = sidecar.post(
        "/api/v1/projects/0000000000000000/query",
        &every_event(&["total"]),
    );
    assert_eq!(status(elsewhere), 404);
}

#[test]
fn a_link_opens_the_console_once() {
    let sidecar = Sidecar::start();
    sidecar.default_project();
    let link = sidecar.cli(&["token", "--link"]);
    let (base, code) = link.split_once("/#t=").expect("a link with a code");
    assert_eq!(base, sidecar.url);
    let login = || {
        sidecar
            .open_post("/api/v1/login")
            .json(&json!({"code": code}))
            .send()
            .unwrap()
    };
    let token = login().json::<Value>().unwrap()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let status = reqwest::blocking::Client::new()
        .get(format!("{}/api/v1/status", sidecar.url))
        .bearer_auth(token);
    assert_eq!(status.send().unwrap().status(), 200);
    assert_eq!(login().status(), 401);
}

#[test]
fn a_rotated_key_stops_within_a_second_and_a_secret_one_is_never_written_down() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let said: Value =
        serde_json::from_str(&sidecar.cli(&["project", "rotate", &project.id, "--secret"]))
            .unwrap();
    let secret = said["secret_key"].as_str().unwrap().to_owned();
    let event = json!({"apiKey": secret, "event": "a", "distinct_id": "u"});
    assert_eq!(
        sidecar
            .open_post("/public/track")
            .json(&event)
            .send()
            .unwrap()
            .status(),
        200
    );
    sidecar.cli(&["project", "rotate", &project.id, "--public"]);
    // A second, and two for a test's own slowness.
    wait_for("end of the old key", Duration::from_secs(3), || {
        (sidecar
            .track(&project, &json!({"event": "a", "distinct_id": "u"}))
            .status()
            == 401)
            .then_some(())
    });
    assert!(!sidecar.read_log().contains(&secret));
    for file in walk(&sidecar.data_dir()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(
            !bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes()),
            "{}",
            file.display()
        );
    }
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_directory_has_one_sidecar_and_a_terminated_one_loses_nothing() {
    let mut sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let second = sidecar
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(
        (said["event"].clone(), said["reason"].clone()),
        (json!("failed"), json!("data_dir_in_use"))
    );
    for n in 0..20 {
        let event = json!({"event": "a", "distinct_id": "u", "insert_id": n.to_string()});
        assert_eq!(sidecar.track(&project, &event).status(), 200);
    }
    assert_eq!(sidecar.terminate(), 0);
    sidecar.restart();
    sidecar.wait_for_total(&project, 20.0);
}

/// A cancelled import sends no more, stays cancelled, and takes no further lines.
#[test]
fn a_cancelled_import_stops() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let of_project = format!("/api/v1/projects/{}", project.id);
    let sample = sidecar.post(&format!("{of_project}/sample"), &json!({}));
    let (status, job) = status_and_body(sample.send().unwrap());
    assert_eq!(status, 202, "{job}");
    let job = job["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/jobs/{job}");
    let (status, cancelled) = status_and_body(sidecar.delete(&path).send().unwrap());
    assert_eq!((status, &cancelled["state"]), (200, &json!("cancelled")));
    let look = || status_and_body(sidecar.get(&path).send().unwrap()).1;
    let (mut before, mut since) = (look(), Instant::now());
    let rests = wait_for("import that rests", Duration::from_secs(30), || {
        let now = look();
        if now != before || now["done"] != now["total"] {
            (before, since) = (now, Instant::now());
            return None;
        }
        (since.elapsed() > Duration::from_secs(1)).then_some(now)
    });
    assert_eq!(rests["state"], "cancelled");
    let total = rests["total"].as_u64().unwrap();
    assert!(total < 40, "{total} parts of a file of about fifty");
    let import = |job: &str| {
        let path = format!("{of_project}/import?job={job}&close=true");
        let line = json!({"event": "late", "distinct_id": "u", "insert_id": "late", "timestamp": 1_780_000_000_000_u64});
        status_and_body(sidecar.post(&path, &line).send().unwrap())
    };
    let (status, refused) = import(&job);
    assert_eq!(status, 409, "{refused}");
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("cancelled")
    );
    assert_eq!(look()["state"], "cancelled");
}
