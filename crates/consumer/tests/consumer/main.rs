//! The consumer over a real queue and a store in memory that fails as it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here fails the test"
)]

mod bench;

use std::time::Duration;

use empmix_broker::{Broker, BrokerError, Queue};
use empmix_consumer::ConsumerError;
use empmix_model::dead::DeadReason;

use bench::{Bench, SICK, UNKNOWN, WELL};

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_store_is_waited_for() {
    let bench = Bench::new();
    bench.store.state().away = 6;
    for number in 0..40 {
        bench.publish(number, WELL, &[&format!("i{number}")]).await;
    }
    let running = bench.consume();
    bench.until_empty(Queue::Events).await;
    assert_eq!(bench.store.stored(WELL), 40);
    assert!(bench.set_aside.reasons().is_empty());
    assert_eq!(bench.broker.depth(Queue::Dead).await.unwrap().ready, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_accepted_is_parked_and_the_rest_is_stored() {
    let bench = Bench::new();
    bench.store.state().poison = Some("bad".into());
    bench.publish(1, WELL, &["a", "bad", "b"]).await;
    bench.publish(2, UNKNOWN, &["c", "d"]).await;
    bench
        .publish_bytes(uuid::Uuid::from_u128(3), b"no JSON".to_vec())
        .await;
    let newer = br#"{"v":99,"what":"ever"}"#.to_vec();
    bench.publish_bytes(uuid::Uuid::from_u128(4), newer).await;
    bench.publish(5, WELL, &["e"]).await;
    let (consumer, mover) = (bench.consume(), bench.move_letters());
    bench.until_empty(Queue::Events).await;
    bench.until_empty(Queue::Dead).await;
    assert_eq!(bench.store.stored(WELL), 3);
    let mut reasons: Vec<String> = bench
        .store
        .reasons()
        .iter()
        .map(|r| format!("{r:?}"))
        .collect();
    reasons.sort();
    let expected = [
        "StoreRefused",
        "Undecodable",
        "UnknownProject",
        "UnknownProject",
        "UnsupportedVersion",
    ];
    assert_eq!(reasons, expected);
    consumer.stop().await;
    mover.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_of_letters_loses_nothing() {
    let bench = Bench::with_limit(20_000);
    for number in 0..15 {
        let ids: Vec<String> = (0..4).map(|n| format!("{number}-{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        bench.publish(number, UNKNOWN, &ids).await;
    }
    let consumer = bench.consume();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let waiting = bench.broker.depth(Queue::Events).await.unwrap();
    assert!(
        waiting.ready + waiting.unacked > 0,
        "the letters do not fit"
    );
    let mover = bench.move_letters();
    bench.until_empty(Queue::Events).await;
    bench.until_empty(Queue::Dead).await;
    assert_eq!(bench.store.reasons(), [DeadReason::UnknownProject; 60]);
    consumer.stop().await;
    mover.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_project_waits_for_one_whose_batches_fail() {
    let bench = Bench::new();
    bench.store.state().sick = true;
    for number in 0..100 {
        bench.publish(number, SICK, &[&format!("s{number}")]).await;
    }
    for number in 100..150 {
        bench.publish(number, WELL, &[&format!("w{number}")]).await;
    }
    let running = bench.consume();
    bench
        .until("the others are stored", |store| store.stored(WELL) == 50)
        .await;
    let set_aside = bench.set_aside.reasons();
    assert_eq!(set_aside.len(), 1, "{set_aside:?}");
    assert!(
        set_aside[0].0 == SICK && set_aside[0].1.contains("too slow"),
        "{set_aside:?}"
    );
    assert_eq!(bench.store.stored(SICK), 0);
    bench.store.state().sick = false;
    bench.until_empty(Queue::Events).await;
    assert_eq!(bench.store.stored(SICK), 100);
    assert!(bench.set_aside.reasons().is_empty());
    running.stop().await;
}

/// A full queue takes no message that is to wait at its end. The others are stored all the same.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_full_queue_too_no_project_waits_for_one_whose_batches_fail() {
    let bench = Bench::with_limit(20_000);
    bench.store.state().sick = true;
    for number in 0..10 {
        bench.publish(number, SICK, &[&format!("s{number}")]).await;
    }
    let mut well = 0;
    for number in 10.. {
        let message = Bench::message(number, WELL, &[&format!("w{number}")]);
        match bench.broker.publish(Queue::Events, message).await {
            Ok(()) => well += 1,
            Err(error) => {
                assert!(matches!(error, BrokerError::Full), "{error}");
                break;
            }
        }
    }
    assert!(well > 0);
    let running = bench.consume();
    bench
        .until("the others are stored", |store| store.stored(WELL) == well)
        .await;
    bench.store.state().sick = false;
    bench.until_empty(Queue::Events).await;
    assert_eq!(bench.store.stored(SICK), 10);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_the_process_is_isolated() {
    let bench = Bench::new();
    bench.store.state().bomb = Some("bomb".into());
    bench.publish(1, WELL, &["a", "bomb", "b"]).await;
    for number in 2..40 {
        bench.publish(number, WELL, &[&format!("i{number}")]).await;
    }
    let mover = bench.move_letters();
    let mut ends = 0;
    loop {
        // Each turn of the loop is a process: it ends with a panic, and its supervisor starts another.
        let mut running = bench.consume();
        let empty = bench.until_empty(Queue::Events);
        tokio::select! {
            ended = &mut running.task => assert!(ended.unwrap_err().is_panic()),
            () = empty => {
                running.stop().await;
                break;
            }
        }
        ends += 1;
        assert!(ends < 20, "it goes on for ever");
    }
    assert!(ends >= 4, "{ends} ends");
    assert_eq!(bench.alarm.reason(), Some("the consumer panicked"));
    assert_eq!(bench.store.stored(WELL), 40);
    bench.until_empty(Queue::Dead).await;
    assert_eq!(bench.store.reasons(), [DeadReason::Crashes]);
    mover.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_ends_the_consumer() {
    let bench = Bench::new();
    bench.store.state().damaged = true;
    bench.publish(1, WELL, &["a"]).await;
    let running = bench.consume();
    let ended = tokio::time::timeout(Duration::from_secs(10), running.task).await;
    assert!(matches!(
        ended.unwrap().unwrap(),
        Err(ConsumerError::Store(_))
    ));
    assert!(bench.alarm.reason().unwrap().contains("the disk failed"));
    let depth = bench.broker.depth(Queue::Events).await.unwrap();
    assert_eq!(depth.ready + depth.unacked, 1, "it comes again");
}

/// Stopped while it waits for a message, while the store is unreachable, and between two messages.
#[tokio::test(flavor = "multi_thread")]
async fn it_stops_at_once_and_what_was_not_written_comes_again() {
    let bench = Bench::new();
    bench.consume().stop().await;
    bench.store.state().away = usize::MAX;
    bench.publish(1, WELL, &["a"]).await;
    let running = bench.consume();
    bench.until("a try", |store| store.state().writes > 1).await;
    running.stop().await;
    bench.store.state().away = 0;
    for number in 2..200 {
        bench.publish(number, WELL, &[&format!("i{number}")]).await;
    }
    for _ in 0..20 {
        let running = bench.consume();
        tokio::time::sleep(Duration::from_millis(3)).await;
        running.stop().await;
    }
    let running = bench.consume();
    bench.until_empty(Queue::Events).await;
    running.stop().await;
    assert_eq!(bench.store.stored(WELL), 199);
    assert_eq!(bench.alarm.reason(), None);
}

/// Some writes at a time, but for those of messages that may have ended the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspicious_message_is_written_alone() {
    let bench = Bench::new();
    for number in 0..40 {
        bench.publish(number, WELL, &[&format!("s{number}")]).await;
    }
    bench.deliver_without_ack(4).await;
    bench.store.state().most_running = 0;
    for number in 40..400 {
        bench.publish(number, WELL, &[&format!("i{number}")]).await;
    }
    let running = bench.consume();
    bench.until_empty(Queue::Events).await;
    running.stop().await;
    assert_eq!(bench.store.stored(WELL), 400);
    assert!(bench.store.state().most_running > 1);
    assert!(!bench.store.state().try_had_company);
    assert!(bench.store.state().tries.is_empty());
}

/// An unreachable store ends no process: what was delivered often because of it is not parked.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_only_waited_is_not_parked() {
    let bench = Bench::new();
    bench.publish(1, WELL, &["a", "b"]).await;
    bench.deliver_without_ack(12).await;
    let running = bench.consume();
    bench.until_empty(Queue::Events).await;
    running.stop().await;
    assert_eq!(bench.store.stored(WELL), 2);
    assert_eq!(bench.broker.depth(Queue::Dead).await.unwrap().ready, 0);
    assert!(bench.store.state().tries.is_empty());
}
