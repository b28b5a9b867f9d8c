//! RabbitMQ behind the broker's trait, against a real server: the contract, and what only a server
//! can do to us.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly, their shared functions too"
)]

use std::sync::Arc;

use async_trait::async_trait;
use empmix_broker::amqp::AmqpOptions;
use empmix_broker::contract::BrokerFixture;
use empmix_broker::{AmqpBroker, Broker, broker_contract};
use empmix_tests::rabbitmq::RabbitMq;

struct Vhost(String);

#[async_trait]
impl BrokerFixture for Vhost {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(AmqpBroker::connect(&self.0, AmqpOptions::default()).expect("a good address"))
    }
}

async fn vhost() -> Vhost {
    let uri = tokio::task::spawn_blocking(|| RabbitMq::shared().uri());
    Vhost(uri.await.expect("a server"))
}

broker_contract!(vhost);
