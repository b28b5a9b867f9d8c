//! No statement of the embedded queue reads a table that grows, but for those that are named here.

#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::path::Path;

use empmix_broker::{EmbeddedBroker, embedded::EmbeddedOptions};
use empmix_layout::plans::{AllowedScan, not_allowed, statements};
use rusqlite::Connection;

const ALLOWED: [AllowedScan; 2] = [
    AllowedScan {
        step: "SCAN sqlite_master",
        statement: "FROM sqlite_schema",
        reason: "a file of unknown kind is checked once",
    },
    AllowedScan {
        step: "SCAN queues",
        statement: "UPDATE queues SET handed_out = 0",
        reason: "the table has two rows",
    },
];

#[tokio::test]
async fn no_statement_reads_a_table_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.sqlite");
    drop(EmbeddedBroker::open(&path, EmbeddedOptions::default()).unwrap());
    let queue = Connection::open(&path).unwrap();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/embedded");
    let statements = statements(&sources, &[("table", &["events", "dead"])]).unwrap();
    assert!(statements.len() > 15, "{}", statements.len());
    let complaints = not_allowed(&queue, &statements, &ALLOWED).unwrap();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
