//! What only a RabbitMQ server can do to us: die, stop, raise an alarm, lose its queues.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly, their shared functions too"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use empmix_broker::amqp::AmqpOptions;
use empmix_broker::contract::{message, nothing_comes, publish, ready, take};
use empmix_broker::{AmqpBroker, Broker, BrokerError, BrokerState, Queue};
use empmix_tests::rabbitmq::{PASSWORD, RabbitMq};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

const DEADLINE: Duration = Duration::from_secs(3);
/// What a busy machine may add to the deadline.
const SLACK: Duration = Duration::from_secs(2);
/// Erlang that takes the binding of `events_queue` away.
const UNBIND: &str = r#"rabbit_binding:remove({binding,
    {resource, <<"t0">>, exchange, <<"empmix.events">>}, <<"events">>,
    {resource, <<"t0">>, queue, <<"events_queue">>}, []},
    fun (_, _) -> ok end, <<"test">>)."#;
/// Erlang that declares `events_queue` as another program would.
const CLASSIC: &str = r#"rabbit_amqqueue:declare(
    {resource, <<"t0">>, queue, <<"events_queue">>}, true, false, [], none, <<"test">>)."#;
const PATIENCE: Duration = Duration::from_secs(60);

async fn server() -> RabbitMq {
    spawn_blocking(RabbitMq::start).await.expect("a server")
}

async fn connect(uri: &str) -> Arc<AmqpBroker> {
    let broker = connect_only(uri);
    ready(&*broker).await;
    broker
}

fn connect_only(uri: &str) -> Arc<AmqpBroker> {
    Arc::new(AmqpBroker::connect(uri, AmqpOptions::default()).expect("a good address"))
}

async fn reason(broker: &dyn Broker, part: &str) -> String {
    let waiting = async {
        loop {
            match broker.state() {
                BrokerState::Unavailable(reason) if reason.contains(part) => return reason,
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("no {part}: {:?}", broker.state()))
}

async fn healed(broker: &dyn Broker) {
    let waiting = async {
        while broker.state() != BrokerState::Ready {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("is ready again");
}

/// Reads until the queue is empty; the bodies.
async fn drain(broker: &dyn Broker) -> BTreeSet<Vec<u8>> {
    let mut subscription = broker.subscribe(Queue::Events, 32).await.unwrap();
    let mut seen = BTreeSet::new();
    let began = Instant::now();
    while began.elapsed() < 2 * PATIENCE {
        // Nothing may come because all of it came, or because the server is slow.
        match timeout(Duration::from_secs(2), subscription.next()).await {
            Ok(Some(delivery)) => {
                subscription.ack(&[delivery.token]).await.unwrap();
                seen.insert(delivery.message.body.to_vec());
            }
            _ if is_empty(broker).await => return seen,
            _ => {}
        }
    }
    panic!("the queue is not empty after {:?}", began.elapsed());
}

async fn is_empty(broker: &dyn Broker) -> bool {
    let depth = broker.depth(Queue::Events).await.unwrap();
    depth.ready + depth.unacked == 0
}

/// Publishes until told to stop; the bodies that were confirmed.
async fn publish_on(
    broker: Arc<AmqpBroker>,
    publisher: u32,
    until: Instant,
) -> (Vec<Vec<u8>>, Duration) {
    let mut confirmed = Vec::new();
    let mut slowest = Duration::ZERO;
    for n in 0.. {
        if Instant::now() > until {
            break;
        }
        let body = format!("{publisher}/{n}").into_bytes();
        let since = Instant::now();
        let answer = broker.publish(Queue::Events, message(body.clone())).await;
        slowest = slowest.max(since.elapsed());
        match answer {
            Ok(()) => confirmed.push(body),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
    (confirmed, slowest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_that_was_confirmed() {
    let mut server = server().await;
    let broker = connect(&server.uri()).await;
    let until = Instant::now() + Duration::from_secs(20);
    let publishers: Vec<_> = (0..8)
        .map(|publisher| tokio::spawn(publish_on(broker.clone(), publisher, until)))
        .collect();
    sleep(Duration::from_secs(2)).await;
    let server = spawn_blocking(move || {
        server.restart();
        server
    });
    let _server = server.await.unwrap();
    healed(&*broker).await;
    publish(&*broker, Queue::Events, "after").await;
    let mut confirmed = BTreeSet::from([b"after".to_vec()]);
    for publisher in publishers {
        let (bodies, slowest) = publisher.await.unwrap();
        assert!(slowest < DEADLINE + SLACK, "a publish took {slowest:?}");
        confirmed.extend(bodies);
    }
    assert!(confirmed.len() > 100, "only {} confirmed", confirmed.len());
    let seen = drain(&*broker).await;
    let lost: Vec<_> = confirmed.difference(&seen).collect();
    assert!(
        lost.is_empty(),
        "{} of {} lost",
        lost.len(),
        confirmed.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_fails_publishes_in_time() {
    let server = server().await;
    let broker = connect(&server.uri()).await;
    publish(&*broker, Queue::Events, "before").await;
    server.stop();
    let since = Instant::now();
    let publishes = (0..40).map(|n| broker.publish(Queue::Events, message(format!("{n}"))));
    let answers = futures::future::join_all(publishes).await;
    assert!(since.elapsed() < DEADLINE + SLACK, "{:?}", since.elapsed());
    assert!(answers.iter().all(Result::is_err));
    server.cont();
    let answered = async {
        while broker
            .publish(Queue::Events, message("after"))
            .await
            .is_err()
        {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, answered).await.expect("goes on");
    assert!(drain(&*broker).await.contains("after".as_bytes()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unroutable_message_is_never_ok_and_the_topology_comes_back() {
    let server = server().await;
    let uri = server.uri();
    let broker = connect(&uri).await;
    for queue in ["events_queue", "events_unrouted"] {
        server.ctl(&["delete_queue", "-p", "t0", queue]);
    }
    let publishes = (0..64).map(|n| broker.publish(Queue::Events, message(format!("{n}"))));
    let answers = futures::future::join_all(publishes).await;
    assert!(answers.iter().any(Result::is_err), "the queues were gone");
    let confirmed: BTreeSet<Vec<u8>> = (0..64)
        .zip(&answers)
        .filter(|(_, answer)| answer.is_ok())
        .map(|(n, _)| format!("{n}").into_bytes())
        .collect();
    let back = async {
        while broker
            .publish(Queue::Events, message("back"))
            .await
            .is_err()
        {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, back).await.expect("declares again");
    let seen = drain(&*broker).await;
    assert!(confirmed.is_subset(&seen), "{confirmed:?} {seen:?}");
    assert!(seen.contains("back".as_bytes()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_misses_the_queue_is_read_from_the_alternate_one() {
    let server = server().await;
    let uri = server.uri();
    let broker = connect(&uri).await;
    server.ctl(&["eval", UNBIND]);
    publish(&*broker, Queue::Events, "astray").await;
    let mut subscription = broker.subscribe(Queue::Events, 4).await.unwrap();
    assert_eq!(take(&mut *subscription).await.message, message("astray"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_full_and_keeps_nothing_it_refused() {
    let server = server().await;
    let broker = connect(&server.uri()).await;
    server.ctl(&[
        "set_policy",
        "-p",
        "t0",
        "bound",
        "^events_queue$",
        r#"{"max-length":5}"#,
        "--apply-to",
        "queues",
    ]);
    let mut confirmed = BTreeSet::new();
    let (mut refused, began) = (0, Instant::now());
    // The server applies the policy when it comes to it.
    for n in 0.. {
        if refused > 10 {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{refused} refused");
        match broker.publish(Queue::Events, message(format!("{n}"))).await {
            Ok(()) => drop(confirmed.insert(format!("{n}").into_bytes())),
            Err(error) => {
                assert_eq!(error, BrokerError::Full);
                refused += 1;
            }
        }
    }
    assert_eq!(drain(&*broker).await, confirmed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_fails_publishes_at_once_and_lets_consumers_go_on() {
    let server = server().await;
    let broker = connect(&server.uri()).await;
    for n in 0..3 {
        publish(&*broker, Queue::Events, format!("{n}")).await;
    }
    server.ctl(&["set_vm_memory_high_watermark", "absolute", "1"]);
    // The server reports it at the next publish.
    assert!(
        broker
            .publish(Queue::Events, message("blocked"))
            .await
            .is_err()
    );
    reason(&*broker, "broker_blocked").await;
    let since = Instant::now();
    assert!(
        broker
            .publish(Queue::Events, message("blocked"))
            .await
            .is_err()
    );
    assert!(
        since.elapsed() < Duration::from_millis(500),
        "{:?}",
        since.elapsed()
    );
    let mut subscription = broker.subscribe(Queue::Events, 1).await.unwrap();
    for _ in 0..3 {
        let delivery = take(&mut *subscription).await;
        subscription.ack(&[delivery.token]).await.unwrap();
    }
    server.ctl(&["set_vm_memory_high_watermark", "0.6"]);
    healed(&*broker).await;
    publish(&*broker, Queue::Events, "after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_topology_is_refused_and_not_changed() {
    let server = server().await;
    let uri = server.uri();
    server.ctl(&["eval", CLASSIC]);
    let broker = connect_only(&uri);
    let text = reason(&*broker, "topology differs").await;
    assert!(text.contains("events_queue"), "{text}");
    let refused = broker.publish(Queue::Events, message("x")).await;
    assert!(
        matches!(refused, Err(BrokerError::Topology(_))),
        "{refused:?}"
    );
    let queues = server.ctl(&["list_queues", "-p", "t0", "name", "type"]);
    assert!(
        queues
            .lines()
            .any(|line| line.contains("events_queue") && line.contains("classic")),
        "{queues}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_without_it() {
    let server = server().await;
    let uri = server.uri().replace(PASSWORD, "CANARY-wrong");
    let broker = connect_only(&uri);
    let since = Instant::now();
    let text = reason(&*broker, "ACCESS_REFUSED").await;
    assert!(since.elapsed() < Duration::from_secs(10));
    assert!(!text.contains("CANARY"), "{text}");
    assert!(!format!("{broker:?}").contains("CANARY"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_server_is_reported_at_once_and_found_later() {
    let mut server = server().await;
    let uri = server.uri();
    server.kill9();
    let broker = connect_only(&uri);
    let since = Instant::now();
    assert!(
        broker
            .publish(Queue::Events, message("early"))
            .await
            .is_err()
    );
    assert!(since.elapsed() < Duration::from_millis(500));
    let _server = spawn_blocking(move || {
        server.restart();
        server
    })
    .await
    .unwrap();
    healed(&*broker).await;
    publish(&*broker, Queue::Events, "late").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_connections_end_subscriptions_and_acks_do_not_pass_for_acked() {
    let server = server().await;
    let broker = connect(&server.uri()).await;
    publish(&*broker, Queue::Events, "again").await;
    let mut subscription = broker.subscribe(Queue::Events, 4).await.unwrap();
    let delivery = take(&mut *subscription).await;
    server.ctl(&["close_all_connections", "-p", "t0", "a test"]);
    let end = timeout(PATIENCE, subscription.next()).await.expect("ends");
    assert!(end.is_none());
    let acked = subscription.ack(&[delivery.token]).await;
    assert_eq!(acked, Err(BrokerError::Ended));
    healed(&*broker).await;
    let mut subscription = broker.subscribe(Queue::Events, 4).await.unwrap();
    let again = take(&mut *subscription).await;
    assert_eq!(again.message, delivery.message);
    assert!(again.delivery_count >= 1);
    subscription.ack(&[again.token]).await.unwrap();
    nothing_comes(&mut *subscription).await;
}
