//! Faults of the embedded queue's file, its disk and its process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests may fail loudly, their shared functions too"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use empmix_broker::contract::{depth_becomes, message, nothing_comes, publish, ready, take};
use empmix_broker::embedded::{DISK_LOW, EmbeddedOptions, QUEUE_FULL};
use empmix_broker::{Broker, BrokerError, BrokerState, EmbeddedBroker, Queue};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// The environment variable with the path of the child process's queue.
const CHILD: &str = "EMPMIX_TEST_QUEUE";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.sqlite");
    (folder, path)
}

fn open(path: &Path) -> EmbeddedBroker {
    EmbeddedBroker::open(path, EmbeddedOptions::default()).unwrap()
}

fn open_with(path: &Path, change: impl FnOnce(&mut EmbeddedOptions)) -> EmbeddedBroker {
    let mut options = EmbeddedOptions::default();
    change(&mut options);
    EmbeddedBroker::open(path, options).unwrap()
}

/// Copies the files while the queue is open, which gives the same state as a kill.
fn copy_of(path: &Path, folder: &Path) -> PathBuf {
    let to = folder.join("copy.sqlite");
    for suffix in ["", "-wal"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(with(path), with(&to)).unwrap();
    }
    to
}

async fn drain(broker: &dyn Broker, queue: Queue) -> Vec<Vec<u8>> {
    let mut subscription = broker.subscribe(queue, 64).await.unwrap();
    let mut bodies = Vec::new();
    while let Ok(next) = timeout(Duration::from_millis(300), subscription.next()).await {
        let delivery = next.unwrap();
        subscription.ack(&[delivery.token]).await.unwrap();
        bodies.push(delivery.message.body.to_vec());
    }
    bodies
}

#[tokio::test]
async fn a_published_message_is_in_the_files_immediately() {
    let (folder, path) = folder();
    let broker = open(&path);
    for n in 0..20 {
        publish(&broker, Queue::Events, format!("{n}")).await;
    }
    let copy = open(&copy_of(&path, folder.path()));
    let expected: Vec<_> = (0..20).map(|n| format!("{n}").into_bytes()).collect();
    assert_eq!(drain(&copy, Queue::Events).await, expected);
}

#[tokio::test]
async fn deliveries_are_counted_across_kills() {
    let (folder, path) = folder();
    let broker = open(&path);
    publish(&broker, Queue::Events, "seen").await;
    let mut subscription = broker.subscribe(Queue::Events, 1).await.unwrap();
    assert_eq!(take(&mut *subscription).await.delivery_count, 0);
    publish(&broker, Queue::Events, "unseen").await;
    let mut last = path;
    for kills in 1..4 {
        let home = folder.path().join(format!("{kills}"));
        fs::create_dir(&home).unwrap();
        last = copy_of(&last, &home);
        let copy = open(&last);
        let mut subscription = copy.subscribe(Queue::Events, 1).await.unwrap();
        assert_eq!(take(&mut *subscription).await.delivery_count, kills);
    }
    let copy = open(&copy_of(&last, folder.path()));
    let mut subscription = copy.subscribe(Queue::Events, 2).await.unwrap();
    assert_eq!(take(&mut *subscription).await.delivery_count, 4);
    assert_eq!(take(&mut *subscription).await.delivery_count, 0);
}

/// The child process of the next test: publishes until it is killed, and prints each success.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_publishes() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let broker = Arc::new(open(Path::new(&path)));
    let publishers = (0..8).map(|publisher| {
        let broker = broker.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let body = format!("{}-{publisher}-{n}", std::process::id());
                publish(&*broker, Queue::Events, body.clone()).await;
                println!("\nok {body}");
            }
        })
    });
    futures::future::join_all(publishers).await;
}

#[tokio::test]
async fn a_kill_loses_no_published_message() {
    let (_folder, path) = folder();
    let mut published = BTreeSet::new();
    for round in 0..5 {
        #[allow(clippy::disallowed_methods, reason = "this program starts itself")]
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_publishes", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(700 + 130 * round)).await;
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // The kill may have cut the last line.
        let complete = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let bodies = complete.lines().filter_map(|line| line.strip_prefix("ok "));
        published.extend(bodies.map(|body| body.as_bytes().to_vec()));
    }
    assert!(published.len() > 50, "only {} published", published.len());
    let broker = open(&path);
    let found = drain(&broker, Queue::Events).await;
    let unique: BTreeSet<_> = found.iter().cloned().collect();
    assert_eq!(unique.len(), found.len(), "a message was delivered twice");
    let lost = published.difference(&unique).count();
    assert_eq!(lost, 0, "{lost} of {} messages lost", published.len());
    depth_becomes(&broker, Queue::Events, 0).await;
}

#[tokio::test]
async fn a_full_queue_refuses_messages_until_an_ack() {
    let (_folder, path) = folder();
    let broker = open_with(&path, |options| options.queue_max_bytes = 10_000);
    let body = vec![7; 4000];
    let other = |n: u8| [body.as_slice(), &[n]].concat();
    publish(&broker, Queue::Events, other(1)).await;
    publish(&broker, Queue::Events, other(2)).await;
    let refused = broker.publish(Queue::Events, message(other(3))).await;
    assert_eq!(refused, Err(BrokerError::Full));
    // Parking must still work, because it removes poison messages from the queue.
    publish(&broker, Queue::Dead, other(4)).await;
    assert_eq!(drain(&broker, Queue::Events).await, [other(1), other(2)]);
    publish(&broker, Queue::Events, other(3)).await;
    let exact = vec![0; 10_000 - 4001 - 2 * 64];
    publish(&broker, Queue::Events, exact).await;
    assert_eq!(
        broker.state(),
        BrokerState::Unavailable(QUEUE_FULL.to_owned())
    );
    broker.close().await;
    let broker = open_with(&path, |options| options.queue_max_bytes = 10_000);
    assert_eq!(
        broker.publish(Queue::Events, message("x")).await,
        Err(BrokerError::Full)
    );
}

#[tokio::test]
async fn low_disk_space_stops_publishing_until_there_is_enough() {
    let (_folder, path) = folder();
    let free = Arc::new(AtomicU64::new(600 << 20));
    let probe = free.clone();
    let broker = open_with(&path, |options| {
        options.free_space = Some(Arc::new(move || Some(probe.load(Ordering::Relaxed))));
    });
    publish(&broker, Queue::Events, "before").await;
    free.store(500 << 20, Ordering::Relaxed);
    let low = BrokerState::Unavailable(DISK_LOW.to_owned());
    let until_low = async {
        while broker.state() != low {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), until_low).await.unwrap();
    let refused = broker.publish(Queue::Events, message("low")).await;
    assert_eq!(refused, Err(BrokerError::Unavailable(DISK_LOW.to_owned())));
    assert_eq!(drain(&broker, Queue::Events).await, [b"before".to_vec()]);
    free.store(600 << 20, Ordering::Relaxed);
    sleep(Duration::from_millis(2500)).await;
    assert_eq!(
        broker.state(),
        low,
        "publishing resumes at 1.5 times the threshold"
    );
    free.store(800 << 20, Ordering::Relaxed);
    ready(&broker).await;
    publish(&broker, Queue::Events, "after").await;
}

#[tokio::test]
async fn a_flipped_bit_is_detected_and_the_bytes_are_parked() {
    let (_folder, path) = folder();
    let broker = open(&path);
    for body in ["first message", "second message", "third message"] {
        publish(&broker, Queue::Events, body).await;
    }
    broker.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let needle = b"second message";
    let at = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .unwrap();
    bytes[at] ^= 0x10;
    fs::write(&path, &bytes).unwrap();
    let broker = open(&path);
    assert_eq!(
        drain(&broker, Queue::Events).await,
        [b"first message".to_vec(), b"third message".to_vec()]
    );
    assert_eq!(depth_becomes(&broker, Queue::Dead, 1).await.ready, 1);
    let mut dead = broker.subscribe(Queue::Dead, 1).await.unwrap();
    let parked = take(&mut *dead).await;
    assert_eq!(&parked.message.body[..], b"cecond message");
    assert_eq!(parked.message.id, message("second message").id);
    dead.ack(&[parked.token]).await.unwrap();
    nothing_comes(&mut *dead).await;
}

#[tokio::test]
async fn acked_bytes_do_not_remain_on_disk() {
    let (_folder, path) = folder();
    let broker = open(&path);
    let secret = "a-secret-in-a-message".repeat(1000);
    publish(&broker, Queue::Events, secret).await;
    drain(&broker, Queue::Events).await;
    broker.close().await;
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    let files = [fs::read(&path).unwrap(), fs::read(&wal).unwrap_or_default()];
    let needle = b"a-secret-in-a-message";
    let found = |bytes: &Vec<u8>| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!files.iter().any(found));
}

#[tokio::test]
async fn a_queue_cannot_be_opened_twice() {
    let (_folder, path) = folder();
    let _first = open(&path);
    let second = EmbeddedBroker::open(&path, EmbeddedOptions::default());
    let error = second.unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
}

#[test]
fn other_files_are_refused_and_an_empty_file_becomes_a_queue() {
    let (_folder, path) = folder();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let opened = EmbeddedBroker::open(&path, EmbeddedOptions::default());
        assert!(matches!(opened, Err(BrokerError::Storage(_))), "{opened:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "the file was changed");
    };
    refused(&b"this is not a database ".repeat(100));
    let mut header = b"SQLite format 3\0".to_vec();
    header.resize(100, 0xff);
    refused(&header);
    fs::write(&path, b"").unwrap();
    drop(open(&path));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, path) = folder();
    let _broker = open(&path);
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
}
