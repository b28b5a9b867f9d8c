//! Inputs that other collectors are known to stumble over: each gives the right value, and costs no
//! other event anything.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use empmix_tests::sidecar::{Sidecar, TestProject, status_and_body};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn started() -> (Sidecar, TestProject) {
    let sidecar = Sidecar::start();
    let project = sidecar.default_project();
    (sidecar, project)
}

fn track(sidecar: &Sidecar, encoding: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
    let request = sidecar.open_post("/public/track");
    let request = request.header("content-type", "application/json");
    let request = request.header("content-encoding", encoding);
    status_and_body(request.body(body.into()).send().unwrap())
}

fn import(sidecar: &Sidecar, project: &TestProject, encoding: &str, body: Vec<u8>) -> (u16, Value) {
    let path = format!("/api/v1/projects/{}/import", project.id);
    let request = sidecar.post(&path, &Value::Null);
    let request = request.header("content-encoding", encoding).body(body);
    status_and_body(request.send().unwrap())
}

fn line(number: u32) -> String {
    let time = 1_760_000_000_000_i64 + i64::from(number);
    format!("{{\"event\":\"a\",\"distinct_id\":\"u\",\"timestamp\":{time}}}\n")
}

fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(line).collect()
}

fn events(sidecar: &Sidecar, project: &TestProject, event: &str) -> Vec<Value> {
    let path = format!("/api/v1/projects/{}/events?event={event}", project.id);
    let (_, page) = status_and_body(sidecar.get(&path).send().unwrap());
    page["events"].as_array().unwrap().clone()
}

#[test]
fn the_members_of_a_gzip_body_are_one_text() {
    let (sidecar, project) = started();
    let both = [gzip(&lines(0..3)), gzip(&lines(3..7))].concat();
    for encoding in ["gzip", "GZIP", "x-gzip"] {
        let (status, reply) = import(&sidecar, &project, encoding, both.clone());
        assert_eq!(
            (status, &reply["read"]),
            (200, &json!(7)),
            "{encoding}: {reply}"
        );
    }
    let padded = [both.clone(), vec![0; 5_000]].concat();
    assert_eq!(import(&sidecar, &project, "gzip", padded).1["read"], 7);
    let junk = [both, b"junk".to_vec()].concat();
    assert_eq!(import(&sidecar, &project, "gzip", junk.clone()).0, 400);
    let (status, reply) = import(&sidecar, &project, "compress", Vec::new());
    assert!(
        status == 400 && reply["error"]["message"].as_str().unwrap().contains("gzip"),
        "{reply}"
    );
    sidecar.wait_for_total(&project, 7.0);

    let key = &project.public_key;
    let body = format!("{{\"apiKey\":\"{key}\",\"event\":\"cut\",\"distinct_id\":\"u\"}}");
    let (first, second) = body.split_at(body.len() / 2);
    let cut = [gzip(first), gzip(second)].concat();
    assert_eq!(track(&sidecar, "gzip", cut).0, 200);
    let followed = [gzip(&body), b"junk".to_vec()].concat();
    assert_eq!(track(&sidecar, "gzip", followed).0, 400);
    sidecar.wait_for_total(&project, 8.0);
}

#[test]
fn an_event_that_is_nested_too_deeply_is_refused_alone() {
    let (sidecar, project) = started();
    for (at, deep) in [140, 20_000].into_iter().enumerate() {
        let nested = format!("{}1{}", "[".repeat(deep), "]".repeat(deep));
        let event = |n: usize| match n {
            9 => format!(
                "{{\"event\":\"a\",\"distinct_id\":\"u\",\"properties\":{{\"p\":{nested}}}}}"
            ),
            n => format!("{{\"event\":\"a\",\"distinct_id\":\"u\",\"insert_id\":\"{at}-{n}\"}}"),
        };
        let events: Vec<_> = (0..20).map(event).collect();
        let key = &project.public_key;
        let body = format!("{{\"apiKey\":\"{key}\",\"events\":[{}]}}", events.join(","));
        let (status, reply) = track(&sidecar, "identity", body);
        assert_eq!((status, &reply["accepted"]), (200, &json!(19)), "{reply}");
        assert_eq!(reply["rejected"][0]["index"], 9);
        assert!(
            reply["rejected"][0]["message"]
                .as_str()
                .unwrap()
                .contains("nested")
        );
        let alone = format!("{{\"apiKey\":\"{key}\",{}", &event(9)[1..]);
        assert_eq!(track(&sidecar, "identity", alone).0, 400);
        let line = import(&sidecar, &project, "identity", event(9).into_bytes());
        assert_eq!(line.1["rejected"][0]["line"], 1, "{line:?}");
    }
    sidecar.wait_for_total(&project, 38.0);
    assert!(!sidecar.read_log().contains("overflow"));
}

#[test]
fn equal_lines_of_a_file_count_each_and_the_file_counts_once() {
    let (sidecar, project) = started();
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let far_apart = [line(0), lines(1..1000), line(0)].concat();
    let file = write("far.ndjson", far_apart);
    sidecar.import(&file, &project);
    sidecar.wait_for_total(&project, 1001.0);
    let equal = write("equal.ndjson", line(5_000).repeat(3_000));
    for _ in 0..2 {
        sidecar.import(&equal, &project);
        sidecar.wait_for_total(&project, 4001.0);
    }
    let longer = write("longer.ndjson", line(5_000).repeat(3_001));
    sidecar.import(&longer, &project);
    sidecar.wait_for_total(&project, 4002.0);
    // An equal row in both halves has the same place in each, so it counts once.
    for name in ["half.ndjson", "other_half.ndjson"] {
        let half = write(name, line(9_000).repeat(10));
        sidecar.import(&half, &project);
        sidecar.wait_for_total(&project, 4012.0);
    }
}

#[test]
fn a_pipe_and_a_padded_file_are_imported_whole() {
    let (sidecar, project) = started();
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    let made = empmix_child::command("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let into_pipe = |bytes: Vec<u8>| {
        let pipe = pipe.clone();
        std::thread::spawn(move || {
            let mut writer = std::fs::File::options().write(true).open(pipe).unwrap();
            writer.write_all(&bytes).unwrap();
        })
    };
    let counts = |count: u32| json!({"read": count, "accepted": count, "rejected": 0});
    for (at, bytes) in [lines(0..4_000).into_bytes(), gzip(&lines(4_000..4_100))]
        .into_iter()
        .enumerate()
    {
        let writer = into_pipe(bytes);
        assert_eq!(sidecar.import(&pipe, &project), counts([4_000, 100][at]));
        writer.join().unwrap();
    }
    let padded = [gzip(&lines(5_000..5_004)), vec![0; 512]].concat();
    let file = dir.path().join("padded.gz");
    std::fs::write(&file, padded).unwrap();
    assert_eq!(sidecar.import(Path::new(&file), &project), counts(4));
    sidecar.wait_for_total(&project, 4_104.0);
}

#[test]
fn values_are_kept_as_they_were_sent() {
    let (sidecar, project) = started();
    let key = &project.public_key;
    let body = format!(
        r#"{{"apiKey":"{key}","event":"a","distinct_id":"u","properties":
        {{"text":"\u0001number:5","cut":"\ud83d","large":1e400,"list":["\u0001number:1e400"]}}}}"#
    );
    assert_eq!(track(&sidecar, "identity", body).0, 200);
    sidecar.wait_for_total(&project, 1.0);
    let stored = events(&sidecar, &project, "a")[0]["properties"].clone();
    let expected = json!({"text": "\u{1}number:5", "cut": "\u{fffd}", "large": "1e400",
        "list": ["\u{1}number:1e400"]});
    assert_eq!(stored, expected);

    let empty = json!({"apiKey": key, "event": "php", "distinct_id": "u", "properties": []});
    assert_eq!(track(&sidecar, "identity", empty.to_string()).0, 200);
    let operations =
        json!({"apiKey": key, "distinct_id": "u", "properties": [], "operations": {"$set": []}});
    let identify = sidecar.open_post("/public/identify").json(&operations);
    assert_eq!(identify.send().unwrap().status(), 200);
    sidecar.wait_for_total(&project, 2.0);
    assert_eq!(
        events(&sidecar, &project, "php")[0]["properties"],
        json!({})
    );

    let wrong = format!("{{\"apiKey\":\"{key}\",\"event\":\"\\ud83d\",\n\"distinct_id\":NaN}}");
    let (status, reply) = track(&sidecar, "identity", wrong);
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        status == 400 && message.contains("line 2 column 15"),
        "{message}"
    );
}

#[test]
fn a_clock_near_1970_is_corrected() {
    let (sidecar, project) = started();
    let body = json!({"apiKey": project.public_key, "sent_at": 300_000,
        "events": [{"event": "a", "distinct_id": "u", "timestamp": 240_000}]});
    assert_eq!(track(&sidecar, "identity", body.to_string()).0, 200);
    sidecar.wait_for_total(&project, 1.0);
    let stored = &events(&sidecar, &project, "a")[0];
    let at = |field: &str| stored[field].as_i64().unwrap();
    assert_eq!(at("time"), at("received_at") - 60_000, "{stored}");
}

/// The key is inside the body: until it is known, a sender gets little.
#[test]
fn a_body_without_a_good_key_is_bounded() {
    let (sidecar, project) = started();
    let filled = |key: &str, bytes: usize| {
        let fill = " ".repeat(bytes);
        format!("{{\"event\":\"a\",{fill}\"distinct_id\":\"u\",\"apiKey\":\"{key}\"}}")
    };
    assert_eq!(
        track(&sidecar, "identity", filled(&project.public_key, 1_000)).0,
        200
    );
    let late = track(&sidecar, "identity", filled(&project.public_key, 100_000));
    assert_eq!(late.0, 401, "{late:?}");
    let with_header = sidecar
        .open_post("/public/track")
        .header("x-api-key", &project.public_key)
        .body(filled("ignored", 100_000));
    assert_eq!(with_header.send().unwrap().status(), 200);
    assert_eq!(
        track(&sidecar, "identity", filled("pk_wrong", 1_000)).0,
        401
    );
    sidecar.wait_for_total(&project, 2.0);
}

#[test]
fn a_body_that_makes_no_progress_is_given_up() {
    let (sidecar, project) = started();
    let address = sidecar.url.trim_start_matches("http://");
    let slow: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            let head = format!(
                "POST /public/track HTTP/1.1\r\nhost: {address}\r\ncontent-length: 60000\r\n\r\n{{"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let event = json!({"event": "a", "distinct_id": "u"});
    assert_eq!(sidecar.track(&project, &event).status(), 200);
    let began = Instant::now();
    for mut stream in slow {
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 503");
    }
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "{:?}",
        began.elapsed()
    );
}
