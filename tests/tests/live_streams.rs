//! Many viewers on the pair: one change stream, and none once the last viewer has gone.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use empmix_tests::{
    mongod::Mongod,
    rabbitmq::RabbitMq,
    sidecar::{Sidecar, TestProject},
    spawn::wait_for,
};
use mongodb::bson::{Document, doc};
use reqwest::blocking::Response;
use serde_json::json;

const VIEWERS: usize = 25;

/// The change streams that the server has open, whether they wait or are asked right now.
fn change_streams(mongod: &Mongod) -> usize {
    let stages = [doc! {"$currentOp": {"allUsers": true, "idleCursors": true}}];
    let cursors = mongod.aggregate_admin(stages.to_vec());
    let is_open = |cursor: &&Document| cursor.to_string().contains("$changeStream");
    cursors.iter().filter(is_open).count()
}

fn view(sidecar: &Sidecar, project: &TestProject, filter: &str) -> Response {
    let path = format!("/api/v1/projects/{}/live{filter}", project.id);
    let stream = sidecar.get(&path).send().unwrap();
    assert_eq!(stream.status(), 200);
    stream
}

#[test]
fn viewers_share_a_change_stream_that_ends_with_the_last_of_them() {
    let (rabbit, mongod) = (RabbitMq::start(), Mongod::start());
    let store = mongod.fresh_uri();
    let sidecar = Sidecar::with_pair(&["--broker", &rabbit.uri(), "--store", &store]);
    let project = sidecar.default_project();
    wait_for("ready sidecar", Duration::from_secs(30), || {
        let ready = sidecar.get("/readyz").send().ok()?;
        ready.status().is_success().then_some(())
    });
    let viewers: Vec<Response> = (0..VIEWERS).map(|_| view(&sidecar, &project, "")).collect();
    assert_eq!(change_streams(&mongod), 1);
    assert_eq!(sidecar.total(&project), 0.0);
    assert_eq!(sidecar.get("/readyz").send().unwrap().status(), 200);
    let event = json!({"event": "seen", "distinct_id": "u", "insert_id": "1"});
    assert_eq!(sidecar.track(&project, &event).status(), 200);
    for viewer in viewers {
        let mut lines = BufReader::new(viewer).lines();
        assert!(lines.any(|line| line.unwrap().contains("seen")));
    }
    gone(&mongod);
    // A filter that admits nothing sends nothing either.
    drop(view(&sidecar, &project, "?event=nothing"));
    gone(&mongod);
}

/// Waits until no change stream is open: five seconds, and five for a test's own slowness.
fn gone(mongod: &Mongod) {
    wait_for("end of the stream", Duration::from_secs(10), || {
        (change_streams(mongod) == 0).then_some(())
    });
}
