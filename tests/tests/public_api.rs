//! What apps send, good and bad: each the documented answer, nothing lost, nothing crashed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{io::Write, time::Duration};

use empmix_tests::{
    sidecar::{Sidecar, every_event, status_and_body},
    spawn::wait_for,
};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use reqwest::blocking::Response;
use serde_json::{Value, json};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A Zstandard frame of one raw block (RFC 8878).
fn zstd_frame(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("a short text");
    let block = (u32::from(length) << 3 | 1).to_le_bytes();
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, length];
    [&head, &block[..3], bytes].concat()
}

fn error_of(response: Response) -> (u16, String, String) {
    let (status, body) = status_and_body(response);
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
            "a placeholder id",
            event(json!({"distinct_id": "undefined"})),
            400,
            INVALID,
            "is a placeholder id",
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
            event(json!({"properties": [1]})),
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
            "must be a JSON object",
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
    sidecar.wait_for_total(&project, 1.0);
}

#[test]
fn compressed_bodies_are_read_and_a_bomb_is_refused() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let event = json!({"apiKey": project.public_key, "event": "a", "distinct_id": "u"}).to_string();
    let send = |encoding: &str, body: Vec<u8>| {
        let request = sidecar
            .open_post("/public/track")
            .header("content-encoding", encoding)
            .header("x-api-key", &project.public_key);
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .unwrap()
    };
    let spaces = |bytes: usize| vec![b' '; bytes];
    let (gzipped, deflated) = (gzip(event.as_bytes()), deflate(event.as_bytes()));
    assert_eq!(send("gzip", gzipped.clone()).status(), 200);
    assert_eq!(send("X-GZip", gzipped.clone()).status(), 200);
    assert_eq!(send("deflate", deflated.clone()).status(), 200);
    assert_eq!(send("zstd", zstd_frame(event.as_bytes())).status(), 200);
    assert_eq!(send("identity", event.clone().into_bytes()).status(), 200);
    assert_eq!(error_of(send("compress", event.into_bytes())).0, 415);
    for (encoding, whole) in [("gzip", gzipped), ("deflate", deflated)] {
        let half = whole[..whole.len() / 2].to_vec();
        assert_eq!(error_of(send(encoding, half)).0, 400, "{encoding}");
    }
    let gigabyte = gzip(&spaces(1 << 30));
    assert!(
        gigabyte.len() < 2 << 20,
        "a megabyte that wants to be a gigabyte"
    );
    for (encoding, small) in [("gzip", gigabyte), ("deflate", deflate(&spaces(64 << 20)))] {
        assert_eq!(error_of(send(encoding, small)).0, 413, "{encoding}");
    }
    sidecar.wait_for_total(&project, 5.0);
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
        let (status, reply) = status_and_body(
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
    sidecar.wait_for_total(&project, 3.0);
    let all_bad = json!({"apiKey": project.public_key, "events": [{"event": "a"}, {}]});
    let (status, reply) = status_and_body(
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
fn half_an_emoji_costs_one_character_and_not_the_batch() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    let body = format!(
        r#"{{"apiKey":"{}","events":[{{"event":"a","distinct_id":"u","properties":{{"text":"cut \ud83d"}}}},
            {{"event":"b","distinct_id":"u"}}]}}"#,
        project.public_key
    );
    let (status, reply) = status_and_body(post(&sidecar, body));
    assert_eq!(
        (status, reply["accepted"].clone()),
        (200, json!(2)),
        "{reply}"
    );
    sidecar.wait_for_total(&project, 2.0);
    let path = format!("/api/v1/projects/{}/events?event=a", project.id);
    let (_, page) = status_and_body(sidecar.get(&path).send().unwrap());
    assert_eq!(page["events"][0]["properties"]["text"], "cut \u{fffd}");
}

#[test]
fn a_device_becomes_its_user_also_for_what_it_did_before() {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    for (id, event) in [("device", "a"), ("ann", "b")] {
        let reply = sidecar.track(&project, &json!({"event": event, "distinct_id": id}));
        let (status, body) = status_and_body(reply);
        assert_eq!(status, 200, "{body}");
    }
    let unique = || {
        sidecar.query(&project, &every_event(&["unique"]))["result"]["series"][0]["total"].clone()
    };
    wait_for("two users", Duration::from_secs(30), || {
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
    wait_for("one user", Duration::from_secs(30), || {
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
    for secret in ["/public/alias", "/public/track/bulk", "/public/events"] {
        let refused = preflight(secret);
        assert_eq!(refused.status(), 404, "{secret}");
        assert!(
            !refused
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
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
