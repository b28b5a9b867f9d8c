//! The contract on the local store, and what only a local store can be asked.

use std::sync::Arc;

use async_trait::async_trait;
use empmix_store::{
    Store,
    contract::Harness,
    local::{LocalOptions, LocalStore},
    store_contract,
};
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
