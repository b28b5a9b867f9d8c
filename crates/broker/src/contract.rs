//! The contract of [`Broker`] as tests. [`broker_contract!`](crate::broker_contract) runs them on an
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
    AckToken, Broker, BrokerError, BrokerState, Delivery, Message, Queue, QueueDepth, Subscription,
};

/// The maximum time until a delivery.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// The time without a delivery after which a test assumes that none follows.
const QUIET_TIME: Duration = Duration::from_millis(400);

/// Storage with empty queues for one test.
#[async_trait]
pub trait BrokerFixture: Send + Sync {
    /// Opens a broker on the storage. After a `close`, the next broker sees the remaining messages.
    async fn open(&self) -> Arc<dyn Broker>;
}

/// Runs the contract on the fixtures that an `async fn() -> impl BrokerFixture` returns.
#[macro_export]
macro_rules! broker_contract {
    ($fixture:path) => {
        $crate::broker_contract!($fixture;
            an_acked_message_is_delivered_once, unacked_messages_are_redelivered_and_counted,
            prefetch_limits_unacked_deliveries, messages_of_one_publisher_keep_their_order,
            concurrent_publishers_lose_no_messages, an_ack_persists_after_reopening,
            unacked_messages_persist_after_reopening, depth_counts_waiting_messages,
            a_closed_broker_refuses_calls, closing_ends_subscriptions, a_large_message_is_delivered_unchanged,
            an_empty_message_is_delivered, queues_are_separate, two_subscriptions_share_a_queue,
            an_unknown_token_is_refused, next_is_cancel_safe, a_waiting_subscriber_is_woken
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

/// A message with this body and an id derived from it.
pub fn message(body: impl Into<Bytes>) -> Message {
    let body = body.into();
    let id = Uuid::from_u64_pair(u64::from(crc32fast::hash(&body)), body.len() as u64);
    Message { id, body }
}

/// Waits until a publish can succeed.
pub async fn ready(broker: &dyn Broker) {
    let until = Instant::now() + DELIVERY_TIMEOUT;
    while broker.state() != BrokerState::Ready {
        assert!(Instant::now() < until, "not ready: {:?}", broker.state());
        sleep(Duration::from_millis(10)).await;
    }
}

/// Publishes a message; fails the test if that fails.
pub async fn publish(broker: &dyn Broker, queue: Queue, body: impl Into<Bytes>) {
    broker
        .publish(queue, message(body))
        .await
        .expect("publishes");
}

/// Returns the next delivery; fails the test if there is none in time.
pub async fn take(subscription: &mut dyn Subscription) -> Delivery {
    timeout(DELIVERY_TIMEOUT, subscription.next())
        .await
        .expect("a delivery in time")
        .expect("the subscription continues")
}

/// Fails the test if there is a delivery.
pub async fn nothing_comes(subscription: &mut dyn Subscription) {
    let next = timeout(QUIET_TIME, subscription.next()).await;
    assert!(next.is_err(), "unexpected: {next:?}");
}

/// Waits until this number of messages is ready.
pub async fn depth_becomes(broker: &dyn Broker, queue: Queue, ready: u64) -> QueueDepth {
    let until = Instant::now() + DELIVERY_TIMEOUT;
    loop {
        let depth = broker.depth(queue).await.expect("returns its depth");
        if depth.ready == ready {
            return depth;
        }
        assert!(Instant::now() < until, "{depth:?}, expected {ready} ready");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn opened(fixture: &dyn BrokerFixture) -> Arc<dyn Broker> {
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

/// A published message is delivered once, and not again after its ack.
pub async fn an_acked_message_is_delivered_once(fixture: &dyn BrokerFixture) {
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

/// Unacked messages of a dropped subscription are delivered again, with a growing count.
pub async fn unacked_messages_are_redelivered_and_counted(fixture: &dyn BrokerFixture) {
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

/// At most `prefetch` deliveries are unacked; an ack allows the next delivery.
pub async fn prefetch_limits_unacked_deliveries(fixture: &dyn BrokerFixture) {
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

/// Messages that one caller publishes one after the other are delivered in that order.
pub async fn messages_of_one_publisher_keep_their_order(fixture: &dyn BrokerFixture) {
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

/// All messages that many callers publish at once, during a subscription, are delivered.
pub async fn concurrent_publishers_lose_no_messages(fixture: &dyn BrokerFixture) {
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

/// An acked message is not delivered again after reopening.
pub async fn an_ack_persists_after_reopening(fixture: &dyn BrokerFixture) {
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

/// Unacked messages are kept after reopening, and their earlier deliveries count.
pub async fn unacked_messages_persist_after_reopening(fixture: &dyn BrokerFixture) {
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

/// `depth` counts the messages that were not delivered.
pub async fn depth_counts_waiting_messages(fixture: &dyn BrokerFixture) {
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

/// After `close` all calls fail.
pub async fn a_closed_broker_refuses_calls(fixture: &dyn BrokerFixture) {
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

/// `close` ends a waiting subscription.
pub async fn closing_ends_subscriptions(fixture: &dyn BrokerFixture) {
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 1).await;
    let waiting = tokio::spawn(async move { subscription.next().await.is_none() });
    sleep(Duration::from_millis(100)).await;
    broker.close().await;
    let ended = timeout(DELIVERY_TIMEOUT, waiting)
        .await
        .expect("ends in time");
    assert!(ended.unwrap());
}

/// A message of 1 MiB is delivered unchanged.
pub async fn a_large_message_is_delivered_unchanged(fixture: &dyn BrokerFixture) {
    let broker = opened(fixture).await;
    let body: Vec<u8> = (0..1 << 20).map(|n: u32| (n ^ (n >> 8)) as u8).collect();
    publish(&*broker, Queue::Events, body.clone()).await;
    let mut subscription = subscribe(&*broker, 1).await;
    assert!(take_and_ack(&mut *subscription).await.body == body);
}

/// An empty message is delivered.
pub async fn an_empty_message_is_delivered(fixture: &dyn BrokerFixture) {
    let broker = opened(fixture).await;
    publish(&*broker, Queue::Events, "").await;
    let mut subscription = subscribe(&*broker, 1).await;
    assert_eq!(take_and_ack(&mut *subscription).await, message(""));
}

/// Events and dead letters are delivered from separate queues.
pub async fn queues_are_separate(fixture: &dyn BrokerFixture) {
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

/// Two subscriptions together get each message once.
pub async fn two_subscriptions_share_a_queue(fixture: &dyn BrokerFixture) {
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

/// A token that the subscription did not return is refused, and has no effect.
pub async fn an_unknown_token_is_refused(fixture: &dyn BrokerFixture) {
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

/// A `next` that is dropped before it returns loses no delivery.
pub async fn next_is_cancel_safe(fixture: &dyn BrokerFixture) {
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 4).await;
    let publisher = broker.clone();
    let publishing = tokio::spawn(async move {
        for n in 0..100 {
            publish(&*publisher, Queue::Events, format!("{n}")).await;
        }
    });
    let mut seen = Vec::new();
    let until = Instant::now() + DELIVERY_TIMEOUT;
    while seen.len() < 100 && Instant::now() < until {
        let next = timeout(Duration::from_micros(200), subscription.next()).await;
        if let Ok(delivery) = next {
            let delivery = delivery.expect("the subscription continues");
            subscription.ack(&[delivery.token]).await.unwrap();
            seen.push(delivery.message);
        }
    }
    publishing.await.unwrap();
    let all: Vec<Message> = (0..100).map(|n| message(format!("{n}"))).collect();
    assert_eq!(seen, all);
}

/// A waiting subscription gets a message that is published later.
pub async fn a_waiting_subscriber_is_woken(fixture: &dyn BrokerFixture) {
    let broker = opened(fixture).await;
    let mut subscription = subscribe(&*broker, 1).await;
    let waiting = tokio::spawn(async move { take(&mut *subscription).await.message });
    sleep(Duration::from_millis(100)).await;
    publish(&*broker, Queue::Events, "later").await;
    let got = timeout(DELIVERY_TIMEOUT, waiting)
        .await
        .expect("in time")
        .unwrap();
    assert_eq!(got, message("later"));
}
