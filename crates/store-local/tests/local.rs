//! The contract on the local store: with hot rows alone, and with rows that are sealed to parts
//! as soon as there are a few.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use empmix_store::{Store, contract::Harness, store_contract};
use empmix_store_local::{LocalOptions, LocalStore};
use tempfile::TempDir;

struct Local {
    dir: TempDir,
    options: LocalOptions,
}

#[async_trait]
impl Harness for Local {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(LocalStore::open(self.dir.path(), &self.options).expect("opens"))
    }
}

mod hot {
    use super::*;

    async fn harness() -> Local {
        Local {
            dir: tempfile::tempdir().expect("a directory"),
            options: LocalOptions::default(),
        }
    }

    store_contract!(harness);
}

mod sealed {
    use super::*;

    async fn harness() -> Local {
        Local {
            dir: tempfile::tempdir().expect("a directory"),
            options: LocalOptions {
                seal_rows: 3,
                seal_after: Duration::from_millis(5),
                column_budget: 10_000,
                ..LocalOptions::default()
            },
        }
    }

    store_contract!(harness);
}
