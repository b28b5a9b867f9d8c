//! No statement of the catalogue reads a table that grows, but for those that are named here.

#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::path::Path;

use empmix_layout::plans::{AllowedScan, not_allowed, statements};
use empmix_store_local::{LocalOptions, LocalStore};
use rusqlite::Connection;

const fn scan(step: &'static str, statement: &'static str, reason: &'static str) -> AllowedScan {
    AllowedScan {
        step,
        statement,
        reason,
    }
}

const ALLOWED: [AllowedScan; 10] = [
    scan(
        "SCAN dead_letters",
        "ORDER BY no DESC LIMIT",
        "a page, read in order",
    ),
    scan(
        "SEARCH links",
        "WHERE project = ?1 ORDER BY received_at",
        "lists every link",
    ),
    scan(
        "USE TEMP",
        "WHERE project = ?1 ORDER BY received_at",
        "lists every link",
    ),
    scan(
        "SEARCH links",
        "refusal IS NOT NULL",
        "a page, read in order",
    ),
    scan(
        "SCAN parts",
        "FROM parts WHERE project",
        "once, when the store opens",
    ),
    scan(
        "SCAN projects",
        "FROM projects ORDER BY",
        "projects are few",
    ),
    scan("USE TEMP", "FROM projects ORDER BY", "projects are few"),
    scan(
        "SCAN (subquery",
        "DELETE FROM warnings",
        "a bounded number of refused bodies",
    ),
    scan(
        "SEARCH warned_messages",
        "DELETE FROM warned_messages",
        "once, when the store opens",
    ),
    scan(
        "SEARCH warnings",
        "ORDER BY received_at DESC, no DESC LIMIT",
        "a page, read in order",
    ),
];

#[test]
fn no_statement_reads_a_table_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    drop(LocalStore::open(folder.path(), &LocalOptions::default()).unwrap());
    let catalogue = Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    let columns: [(&str, &[&str]); 2] = [("LINK_COLUMNS", &["source"]), ("COLUMNS", &["id"])];
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let statements = statements(&sources, &columns).unwrap();
    assert!(statements.len() > 50, "{}", statements.len());
    let complaints = not_allowed(&catalogue, &statements, &ALLOWED).unwrap();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
