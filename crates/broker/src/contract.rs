//! What every broker keeps, as tests: [`broker_contract!`](crate::broker_contract) runs them on one
//! implementation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly; they live in the library so that several packages run them"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::{
    AckToken, Broker, BrokerError, BrokerState, Delivery, Depth, Message, Queue, Subscription,
};

/// How long a delivery may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long nothing must come before we believe that nothing comes.
const SILENCE: Duration = Duration::from_millis(400);

/// A place with empty queues of its own.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Opens a broker on it; after a `close` the next one finds what is left.
    async fn open(&self) -> Arc<dyn Broker>;
}

/// Runs the contract on the fixtures that an `async fn() -> impl Fixture` makes.
#[macro_export]
macro_rules! broker_contract {
    ($fixture:path) => {
        $crate::broker_contract!($fixture;
            published_comes_out_once_after_ack, unacked_comes_again_and_is_counted,
            prefetch_is_a_bound, a_single_publisher_keeps_its_order,
            many_publishers_lose_nothing, an_ack_survives_a_reopen,
            what_is_not_acked_survives_a_reopen, depth_tells_what_waits,
            a_closed_broker_refuses, closing_ends_subscriptions, a_large_message_comes_out_whole,
            an_empty_message_comes_out, queues_do_not_mix, two_subscriptions_share,
            a_foreign_token_is_refused, next_can_be_dropped, a_waiting_subscriber_is_woken
        );
    };
    ($fixture:path; $($name:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let fixture = $fixture().await;
                $crate::contract::$name(&fixture).await;
            }
        )+
    };
}

/// A message with this body and a made-up id.
pub fn message(body: impl Into<Bytes>) -> Message {
    let body = body.into();
    let id = Uuid::from_u64_pair(u64::from(crc32fast::hash(&body)), body.len() as u64);
    Message { id, body }
}

/// Waits until a publish can succeed.
pub async fn ready(broker: &dyn Broker) {
    let until = Instant::now() + PATIENCE;
    while broker.state() != BrokerState::Ready {
        assert!(Instant::now() < until, "not ready: {:?}", broker.state());
        sleep(Duration::from_millis(10)).await;
    }
}

/// Publishes; fails the test when that fails.
pub async fn publish(broker: &dyn Broker, queue: Queue, body: impl Into<Bytes>) {
    broker
        .publish(queue, message(body))
        .await
        .expect("publishes");
}

/// The next delivery; fails the test when none comes.
pub async fn take(subscription: &mut dyn Subscription) -> Delivery {
    timeout(PATIENCE, subscription.next())
        .await
        .expect("a delivery comes in time")
        .expect("the subscription goes on")
}

/// Fails the test when something comes.
pub async fn nothing_comes(subscription: &mut dyn Subscription) {
    let next = timeout(SILENCE, subscription.next()).await;
    assert!(next.is_err(), "unexpected: {next:?}");
}

/// Waits until the queue's depth is this.
pub async fn depth_becomes(broker: &dyn Broker, queue: Queue, ready: u64) -> Depth {
    let until = Instant::now() + PATIENCE;
    loop {
        let depth = broker.depth(queue).await.expect("tells its depth");
        if depth.ready == ready {
            return depth;
        }
        assert!(Instant::now() < until, "{depth:?}, expected {ready} ready");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn opened(fixture: &dyn Fixture) -> Arc<dyn Broker> {
    let broker = fixture.open().await;
    ready(&*broker).await;
    broker
}

async fn subscribe(broker: &dyn Broker, prefetch: u16) -> Box<dyn Subscription> {
    broker
        .subscribe(Queue::Events, prefetch)
        .await
        .expect("subscribes")
}

async fn take_and_ack(subscription: &mut dyn Subscription) -> Message {
    let delivery = take(subscription).await;
    subscription.ack(&[delivery.token]).await.expect("is acked");
    delivery.message
}

/// One message in, one message out, none after its ack.
pub async fn published_comes_out_once_after_ack(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let sent = message("one");
    broker.publish(Queue::Events, sent.clone()).await.unwrap();
    let mut subscription = subscribe(&*broker, 8).await;
    let delivery = take(&mut *subscription).await;
    assert_eq!(delivery.message, sent);
    assert_eq!(delivery.delivery_count, 0);
    subscription.ack(&[delivery.token]).await.unwrap();
    nothing_comes(&mut *subscription).await;
    drop(subscription);
    let mut again = subscribe(&*broker, 8).await;
    nothing_comes(&mut *again).await;
}

/// A dropped subscription's deliveries come again, counted.
pub async fn unacked_comes_again_and_is_counted(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Events, "again").await;
    for before in 0..3 {
        let mut subscription = subscribe(&*broker, 1).await;
        let delivery = take(&mut *subscription).await;
        assert_eq!(delivery.message, message("again"));
        assert_eq!(delivery.delivery_count, before);
    }
    let mut subscription = subscribe(&*broker, 1).await;
    assert_eq!(take_and_ack(&mut *subscription).await, message("again"));
}

/// No more than `prefetch` deliveries are un-acked; an ack makes room.
pub async fn prefetch_is_a_bound(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    for body in ["a", "b", "c", "d"] {
        publish(&*broker, Queue::Events, body).await;
    }
    let mut subscription = subscribe(&*broker, 2).await;
    let first = take(&mut *subscription).await;
    let second = take(&mut *subscription).await;
    nothing_comes(&mut *subscription).await;
    subscription.ack(&[first.token]).await.unwrap();
    let third = take(&mut *subscription).await;
    assert_eq!(third.message, message("c"));
    nothing_comes(&mut *subscription).await;
    subscription
        .ack(&[second.token, third.token])
        .await
        .unwrap();
    assert_eq!(take(&mut *subscription).await.message, message("d"));
}

/// What one caller publishes one after the other comes out in that order.
pub async fn a_single_publisher_keeps_its_order(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let bodies: Vec<String> = (0..200).map(|n| format!("message {n}")).collect();
    for body in &bodies {
        publish(&*broker, Queue::Events, body.clone()).await;
    }
    let mut subscription = subscribe(&*broker, 16).await;
    for body in &bodies {
        let got = take_and_ack(&mut *subscription).await;
        assert_eq!(got, message(body.clone()));
    }
}

/// What many callers publish at once, while someone reads, comes out complete.
pub async fn many_publishers_lose_nothing(fixture: &dyn Fixture) {
    const PUBLISHERS: usize = 48;
    const EACH: usize = 20;
    let broker = opened(fixture).await;
    let publishers = (0..PUBLISHERS).map(|publisher| {
        let broker = broker.clone();
        tokio::spawn(async move {
            for n in 0..EACH {
                publish(&*broker, Queue::Events, format!("{publisher}/{n}")).await;
            }
        })
    });
    let publishers = join_all(publishers);
    let mut subscription = subscribe(&*broker, 32).await;
    let read = async {
        let mut seen = BTreeMap::<Bytes, usize>::new();
        while seen.len() < PUBLISHERS * EACH {
            *seen
                .entry(take_and_ack(&mut *subscription).await.body)
                .or_default() += 1;
        }
        seen
    };
    let (published, seen) = futures::join!(publishers, read);
    assert!(published.iter().all(Result::is_ok));
    assert!(seen.values().all(|times| *times == 1));
    nothing_comes(&mut *subscription).await;
}

/// An acked message is gone after a reopen too.
pub async fn an_ack_survives_a_reopen(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Events, "gone").await;
    publish(&*broker, Queue::Events, "kept").await;
    let mut subscription = subscribe(&*broker, 1).await;
    assert_eq!(take_and_ack(&mut *subscription).await, message("gone"));
    drop(subscription);
    broker.close().await;
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 8).await;
    assert_eq!(take_and_ack(&mut *subscription).await, message("kept"));
    nothing_comes(&mut *subscription).await;
}

/// Messages outlive the broker that took them, and their deliveries are counted over a reopen.
pub async fn what_is_not_acked_survives_a_reopen(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Events, "kept").await;
    let mut subscription = subscribe(&*broker, 8).await;
    let first = take(&mut *subscription).await;
    assert_eq!(first.delivery_count, 0);
    broker.close().await;
    drop(subscription);
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 8).await;
    let again = take(&mut *subscription).await;
    assert_eq!(again.message, first.message);
    assert!(again.delivery_count >= 1);
}

/// `depth` counts what nobody has yet.
pub async fn depth_tells_what_waits(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    assert_eq!(depth_becomes(&*broker, Queue::Events, 0).await.unacked, 0);
    for body in ["a", "b", "c"] {
        publish(&*broker, Queue::Events, body).await;
    }
    depth_becomes(&*broker, Queue::Events, 3).await;
    depth_becomes(&*broker, Queue::Dead, 0).await;
    let mut subscription = subscribe(&*broker, 1).await;
    let delivery = take(&mut *subscription).await;
    depth_becomes(&*broker, Queue::Events, 2).await;
    subscription.ack(&[delivery.token]).await.unwrap();
    drop(subscription);
    depth_becomes(&*broker, Queue::Events, 2).await;
}

/// After `close` nothing is taken any more.
pub async fn a_closed_broker_refuses(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    broker.close().await;
    let refused = broker.publish(Queue::Events, message("late")).await;
    assert!(
        matches!(refused, Err(BrokerError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(broker.subscribe(Queue::Events, 1).await.is_err());
    assert!(broker.depth(Queue::Events).await.is_err());
    assert!(matches!(broker.state(), BrokerState::Unavailable(_)));
}

/// A subscriber that waits learns of the end.
pub async fn closing_ends_subscriptions(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 1).await;
    let waiting = tokio::spawn(async move { subscription.next().await.is_none() });
    sleep(Duration::from_millis(100)).await;
    broker.close().await;
    let ended = timeout(PATIENCE, waiting).await.expect("ends in time");
    assert!(ended.unwrap());
}

/// A message of 1 MiB passes byte for byte.
pub async fn a_large_message_comes_out_whole(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let body: Vec<u8> = (0..1 << 20).map(|n: u32| (n ^ (n >> 8)) as u8).collect();
    publish(&*broker, Queue::Events, body.clone()).await;
    let mut subscription = subscribe(&*broker, 1).await;
    assert!(take_and_ack(&mut *subscription).await.body == body);
}

/// So does one without a byte.
pub async fn an_empty_message_comes_out(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Events, "").await;
    let mut subscription = subscribe(&*broker, 1).await;
    assert_eq!(take_and_ack(&mut *subscription).await, message(""));
}

/// Events and dead letters keep apart.
pub async fn queues_do_not_mix(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Dead, "letter").await;
    publish(&*broker, Queue::Events, "event").await;
    let mut events = subscribe(&*broker, 8).await;
    let mut dead = broker.subscribe(Queue::Dead, 8).await.unwrap();
    assert_eq!(take_and_ack(&mut *events).await, message("event"));
    assert_eq!(take_and_ack(&mut *dead).await, message("letter"));
    nothing_comes(&mut *events).await;
    nothing_comes(&mut *dead).await;
}

/// Two subscriptions see each message once between them.
pub async fn two_subscriptions_share(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let mut left = subscribe(&*broker, 2).await;
    let mut right = subscribe(&*broker, 2).await;
    for body in ["a", "b", "c", "d"] {
        publish(&*broker, Queue::Events, body).await;
    }
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        seen.insert(take(&mut *left).await.message.body);
        seen.insert(take(&mut *right).await.message.body);
    }
    assert_eq!(seen.len(), 4);
}

/// A token that the subscription did not give out is refused, and harms nothing.
pub async fn a_foreign_token_is_refused(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Events, "mine").await;
    let mut subscription = subscribe(&*broker, 1).await;
    let delivery = take(&mut *subscription).await;
    let refused = subscription.ack(&[AckToken(u64::MAX)]).await;
    assert_eq!(refused, Err(BrokerError::Ended));
    subscription.ack(&[delivery.token]).await.unwrap();
    let twice = subscription.ack(&[delivery.token]).await;
    assert_eq!(twice, Err(BrokerError::Ended));
}

/// A `next` that is dropped before it returned has taken nothing.
pub async fn next_can_be_dropped(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 4).await;
    let publisher = broker.clone();
    let publishing = tokio::spawn(async move {
        for n in 0..100 {
            publish(&*publisher, Queue::Events, format!("{n}")).await;
        }
    });
    let mut seen = Vec::new();
    let until = Instant::now() + PATIENCE;
    while seen.len() < 100 && Instant::now() < until {
        let next = timeout(Duration::from_micros(200), subscription.next()).await;
        if let Ok(delivery) = next {
            let delivery = delivery.expect("goes on");
            subscription.ack(&[delivery.token]).await.unwrap();
            seen.push(delivery.message);
        }
    }
    publishing.await.unwrap();
    let all: Vec<Message> = (0..100).map(|n| message(format!("{n}"))).collect();
    assert_eq!(seen, all);
}

/// A subscriber that came before the message gets it.
pub async fn a_waiting_subscriber_is_woken(fixture: &dyn Fixture) {
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 1).await;
    let waiting = tokio::spawn(async move { take(&mut *subscription).await.message });
    sleep(Duration::from_millis(100)).await;
    publish(&*broker, Queue::Events, "at last").await;
    let got = timeout(PATIENCE, waiting).await.expect("in time").unwrap();
    assert_eq!(got, message("at last"));
}
