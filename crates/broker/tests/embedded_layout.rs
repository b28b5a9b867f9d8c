//! Queues of released layouts are opened: what was in them comes out.

use std::path::Path;

use empmix_broker::{Broker, EmbeddedBroker, Queue, embedded::EmbeddedOptions};

/// Written by the release with layout 1: "acked" was acked, "seen" was delivered without an ack,
/// "waiting" was never delivered; "parked" is a dead letter.
const LAYOUT_1: &str = "tests/fixtures/queue-1.sqlite";

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_layout_1_come_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.sqlite");
    std::fs::copy(Path::new(LAYOUT_1), &path).unwrap();
    let broker = EmbeddedBroker::open(&path, EmbeddedOptions::default()).unwrap();
    let mut events = broker.subscribe(Queue::Events, 10).await.unwrap();
    for (body, attempts) in [("seen", true), ("waiting", false)] {
        let delivery = events.next().await.unwrap();
        assert_eq!(delivery.message.body.as_ref(), body.as_bytes());
        assert_eq!(delivery.delivery_count > 0, attempts, "{body}");
        events.ack(&[delivery.token]).await.unwrap();
    }
    let mut dead = broker.subscribe(Queue::Dead, 10).await.unwrap();
    let delivery = dead.next().await.unwrap();
    assert_eq!(delivery.message.body.as_ref(), b"parked");
    drop((events, dead));
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_layout_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.sqlite");
    std::fs::copy(Path::new(LAYOUT_1), &path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let opened = EmbeddedBroker::open(&path, EmbeddedOptions::default());
    let error = opened.err().unwrap().to_string();
    assert!(
        error.contains("version 99") && error.contains("up to 1"),
        "{error}"
    );
}
