//! What apps send, good and bad: each the documented answer, nothing lost, nothing crashed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{io::Write, time::Duration};

use empmix_tests::{
    sidecar::{Project, Sidecar, every_event},
    spawn::wait_for,
};
use flate2::{Compression, write::GzEncoder};
use reqwest::blocking::Response;
use serde_json::{Value, json};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn parts(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().unwrap_or(Value::Null))
}

fn error_of(response: Response) -> (u16, String, String) {
    let (status, body) = parts(response);
    let text = |field: &str| body["error"][field].as_str().unwrap_or_default().to_owned();
    assert_eq!(body["status"], 0, "{body}");
    (status, text("type"), text("message"))
}

fn post(sidecar: &Sidecar, body: impl Into<reqwest::blocking::Body>) -> Response {
    sidecar
        .open_post("/public/track")
        .header("content-type", "application/json")
        .body(body)
        .send()
        .unwrap()
}

/// The total of what is stored, once it is `expected`.
fn stored(sidecar: &Sidecar, project: &Project, expected: f64) {
    wait_for(
        format!("total of {expected}"),
        Duration::from_secs(10),
        || (sidecar.total(project) == expected).then_some(()),
    );
}

#[test]
fn every_bad_request_gets_its_documented_error_and_good_ones_still_pass() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let key = &project.public_key;
    let event = |more: Value| {
        let mut event = json!({"apiKey": key, "event": "a", "distinct_id": "u", "insert_id": "i", "timestamp": 1_760_000_000_000_i64});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    const INVALID: &str = "invalid_request_error";
    const AUTH: &str = "authentication_error";
    let cases: Vec<(&str, String, u16, &str, &str)> = vec![
        (
            "no key",
            r#"{"event":"a","distinct_id":"u"}"#.into(),
            401,
            AUTH,
            "required",
        ),
        ("empty body", String::new(), 401, AUTH, "required"),
        (
            "wrong key",
            event(json!({"apiKey": "pk_wrong"})),
            401,
            AUTH,
            "not known",
        ),
        (
            "a number as key",
            event(json!({"apiKey": 5})),
            401,
            AUTH,
            "required",
        ),
        (
            "broken JSON",
            format!("{{\"apiKey\":\"{key}\",\"event\":"),
            400,
            INVALID,
            "not valid JSON",
        ),
        (
            "no event",
            event(json!({"event": null})),
            400,
            INVALID,
            "The 'event' parameter is required.",
        ),
        (
            "no distinct_id",
            event(json!({"distinct_id": null})),
            400,
            INVALID,
            "The 'distinct_id' parameter is required.",
        ),
        (
            "nobody",
            event(json!({"distinct_id": "undefined"})),
            400,
            INVALID,
            "means nobody",
        ),
        (
            "a number as id",
            event(json!({"distinct_id": 5})),
            400,
            INVALID,
            "must be a string",
        ),
        (
            "seconds",
            event(json!({"timestamp": 1_760_000_000})),
            400,
            INVALID,
            "seconds",
        ),
        (
            "microseconds",
            event(json!({"timestamp": 1_760_000_000_000_000_i64})),
            400,
            INVALID,
            "microseconds",
        ),
        (
            "no events",
            event(json!({"events": []})),
            400,
            INVALID,
            "1 to 1000",
        ),
        (
            "too many events",
            event(json!({"events": vec![json!({}); 1001]})),
            400,
            INVALID,
            "1 to 1000",
        ),
        (
            "properties of a wrong type",
            event(json!({"properties": []})),
            400,
            INVALID,
            "must be an object",
        ),
        (
            "an event too large",
            event(json!({"properties": {"a": vec!["x".repeat(8000); 140]}})),
            413,
            "payload_too_large_error",
            "larger than",
        ),
        (
            "a body too large",
            event(json!({"pad": "x".repeat(21 << 20)})),
            413,
            "payload_too_large_error",
            "larger than",
        ),
        (
            "too deep",
            format!("{}1{}", "[".repeat(9000), "]".repeat(9000)),
            400,
            INVALID,
            "not valid JSON",
        ),
    ];
    for (name, body, status, kind, message) in cases {
        let (got, got_kind, got_message) = error_of(post(&sidecar, body));
        assert_eq!(
            (got, got_kind.as_str()),
            (status, kind),
            "{name}: {got_message}"
        );
        assert!(got_message.contains(message), "{name}: {got_message}");
    }
    let header = sidecar
        .open_post("/track")
        .header("x-api-key", "pk_wrong")
        .json(&json!({"apiKey": key}))
        .send()
        .unwrap();
    assert_eq!(error_of(header).0, 401, "the header is asked first");
    assert_eq!(
        error_of(sidecar.open_post("/public/nothing").send().unwrap()).0,
        404
    );
    let get = reqwest::blocking::get(format!("{}/public/track", sidecar.url)).unwrap();
    assert_eq!(error_of(get).0, 405);
    let form = sidecar
        .open_post("/public/track")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("a=b")
        .send()
        .unwrap();
    assert_eq!(error_of(form).0, 415);
    assert_eq!(post(&sidecar, event(json!({}))).status(), 200);
    stored(&sidecar, &project, 1.0);
}

#[test]
fn compressed_bodies_are_read_and_a_bomb_is_refused() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let event = json!({"apiKey": project.public_key, "event": "a", "distinct_id": "u"}).to_string();
    let send = |encoding: &str, body: Vec<u8>| {
        let request = sidecar
            .open_post("/public/track")
            .header("content-encoding", encoding);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .unwrap()
    };
    assert_eq!(send("gzip", gzip(event.as_bytes())).status(), 200);
    assert_eq!(send("compress", event.clone().into_bytes()).status(), 415);
    let truncated = gzip(event.as_bytes())[..20].to_vec();
    assert_eq!(error_of(send("gzip", truncated)).0, 400);
    let bomb = gzip(&vec![b' '; 1 << 30]);
    assert!(
        bomb.len() < 2 << 20,
        "a megabyte that wants to be a gigabyte"
    );
    assert_eq!(error_of(send("gzip", bomb)).0, 413);
    stored(&sidecar, &project, 1.0);
}

#[test]
fn good_events_of_a_batch_are_kept_and_a_resend_changes_nothing() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let batch = json!({"apiKey": project.public_key, "events": [
        {"event": "a", "distinct_id": "u", "timestamp": 1_760_000_000_000_i64},
        {"event": "a", "distinct_id": "u", "timestamp": 1_760_000_000_000_i64},
        {"event": "a"},
        {"event": "b", "distinct_id": "v", "insert_id": "i"}]});
    for _ in 0..3 {
        let (status, reply) = parts(
            sidecar
                .open_post("/public/track")
                .json(&batch)
                .send()
                .unwrap(),
        );
        assert_eq!(status, 200);
        assert_eq!(
            (reply["status"].clone(), reply["error"].clone()),
            (json!(1), Value::Null)
        );
        assert_eq!(reply["accepted"], 3);
        assert_eq!(reply["rejected"][0]["index"], 2);
        assert_eq!(
            reply["rejected"][0]["message"],
            "The 'distinct_id' parameter is required."
        );
    }
    stored(&sidecar, &project, 3.0);
    let all_bad = json!({"apiKey": project.public_key, "events": [{"event": "a"}, {}]});
    let (status, reply) = parts(
        sidecar
            .open_post("/public/track")
            .json(&all_bad)
            .send()
            .unwrap(),
    );
    assert_eq!(
        (status, reply["rejected"].as_array().map(Vec::len)),
        (400, Some(2)),
        "{reply}"
    );
}

#[test]
fn a_device_becomes_its_user_also_for_what_it_did_before() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    for (id, event) in [("device", "a"), ("ann", "b")] {
        assert_eq!(
            sidecar
                .track(&project, &json!({"event": event, "distinct_id": id}))
                .status(),
            200
        );
    }
    let unique = || {
        sidecar.query(&project, &every_event(&["unique"]))["result"]["series"][0]["total"].clone()
    };
    wait_for("two users", Duration::from_secs(10), || {
        (unique() == json!(2)).then_some(())
    });
    let identify =
        json!({"apiKey": project.public_key, "distinct_id": "ann", "anonymous_id": "device"});
    let reply = sidecar
        .open_post("/public/identify")
        .json(&identify)
        .send()
        .unwrap();
    assert_eq!(reply.status(), 200);
    wait_for("one user", Duration::from_secs(10), || {
        (unique() == json!(1)).then_some(())
    });
}

#[test]
fn pages_of_any_origin_may_send_and_none_may_ask() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let http = reqwest::blocking::Client::new();
    let preflight = |path: &str| {
        http.request(reqwest::Method::OPTIONS, format!("{}{path}", sidecar.url))
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
            .unwrap()
    };
    let public = preflight("/public/track");
    assert_eq!(public.status(), 204);
    assert_eq!(
        public.headers()["access-control-allow-origin"],
        "https://shop.example"
    );
    assert_eq!(public.headers()["access-control-max-age"], "86400");
    assert!(
        !public
            .headers()
            .contains_key("access-control-allow-credentials")
    );
    let private = preflight("/api/v1/status");
    assert_eq!(private.status(), 403);
    assert!(
        !private
            .headers()
            .contains_key("access-control-allow-origin")
    );
    let error = sidecar
        .open_post("/public/track")
        .header("origin", "https://shop.example")
        .body("{")
        .send()
        .unwrap();
    assert_eq!(
        error.headers()["access-control-allow-origin"],
        "https://shop.example",
        "errors included"
    );
    let beacon =
        json!({"apiKey": project.public_key, "event": "a", "distinct_id": "u"}).to_string();
    let sent = sidecar
        .open_post("/public/track")
        .header("content-type", "text/plain")
        .body(beacon)
        .send()
        .unwrap();
    assert_eq!(sent.status(), 200, "what sendBeacon sends");
}

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
        "a public key is no token"
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
        parts(sidecar.post(&path, &report).send().unwrap())
    };
    let forced = |engine: &str| {
        let path = format!("/api/v1/projects/{}/query?engine={engine}", project.id);
        parts(
            sidecar
                .post(&path, &every_event(&["total"]))
                .send()
                .unwrap(),
        )
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
    wait_for("end of the old key", Duration::from_secs(1), || {
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
    stored(&sidecar, &project, 20.0);
}
