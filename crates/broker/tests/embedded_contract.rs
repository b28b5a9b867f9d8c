//! Runs the broker contract on the embedded queue.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may fail loudly, their shared functions too"
)]

use std::sync::Arc;

use async_trait::async_trait;
use empmix_broker::contract::BrokerFixture;
use empmix_broker::embedded::EmbeddedOptions;
use empmix_broker::{Broker, EmbeddedBroker, broker_contract};
use tempfile::TempDir;

struct QueueFolder(TempDir);

#[async_trait]
impl BrokerFixture for QueueFolder {
    async fn open(&self) -> Arc<dyn Broker> {
        let path = self.0.path().join("queue.sqlite");
        Arc::new(EmbeddedBroker::open(&path, EmbeddedOptions::default()).expect("opens"))
    }
}

async fn folder() -> QueueFolder {
    QueueFolder(tempfile::tempdir().expect("a temporary folder"))
}

broker_contract!(folder);
