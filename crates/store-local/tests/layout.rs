//! Files of released layouts are opened: a copy of each gives the answers that its release gave.
//!
//! `fixtures/layout-N` is a data directory that the release with layout N wrote (the history in
//! `empmix_store::contract::history`), `fixtures/layout-N-answers.json` what it answered. They never
//! change; a release with a new layout adds its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here fails the test"
)]

use std::{fs, path::Path, sync::Arc};

use empmix_store::{
    Store,
    contract::{fixtures::Fixture, history},
};
use empmix_store_local::{LocalOptions, LocalStore};
use serde_json::Value;
use tempfile::TempDir;

fn fixtures() -> &'static Path {
    Path::new("tests/fixtures")
}

/// A copy of a layout's data directory.
fn copy(layout: u32) -> TempDir {
    let from = fixtures().join(format!("layout-{layout}"));
    let to = tempfile::tempdir().unwrap();
    fs::create_dir(to.path().join("parts")).unwrap();
    for folder in ["", "parts"] {
        for entry in fs::read_dir(from.join(folder)).unwrap().flatten() {
            if entry.path().is_file() {
                let name = entry.file_name();
                fs::copy(entry.path(), to.path().join(folder).join(name)).unwrap();
            }
        }
    }
    to
}

fn open(directory: &Path) -> Fixture {
    let store = LocalStore::open(directory, &LocalOptions::default()).unwrap();
    Fixture {
        store: Arc::new(store) as Arc<dyn Store>,
        project: history::PROJECT,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_released_layout_gives_its_answers() {
    for layout in [1, 2, 3] {
        let expected = fixtures().join(format!("layout-{layout}-answers.json"));
        let expected: Value = serde_json::from_slice(&fs::read(expected).unwrap()).unwrap();
        let directory = copy(layout);
        for _ in 0..2 {
            // The second time it has the layout of this release.
            let fixture = open(directory.path());
            assert_eq!(
                history::answers(&fixture).await,
                expected,
                "layout {layout}"
            );
            fixture.store.close().await;
        }
        let before = directory.path().join("catalogue.sqlite.before-v4");
        assert!(before.is_file(), "the copy from before the migration");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrated_store_takes_further_events() {
    let directory = copy(1);
    let fixture = open(directory.path());
    let (total, _) = fixture.totals(None).await;
    history::write_second(fixture.store.as_ref()).await;
    assert_eq!(
        fixture.totals(None).await.0,
        total,
        "they are there already"
    );
    fixture.store.close().await;
}

#[test]
fn a_newer_layout_is_refused_with_both_versions() {
    let directory = copy(1);
    let file = directory.path().join("catalogue.sqlite");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let opened =
        runtime.block_on(async { LocalStore::open(directory.path(), &LocalOptions::default()) });
    let error = opened.err().unwrap().to_string();
    assert!(
        error.contains("version 99") && error.contains("up to 4"),
        "{error}"
    );
}

/// A code that this release does not know is an error that names it, never a default.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_code_is_an_error() {
    let codes = [
        (
            "UPDATE jobs SET state = 'paused'",
            "state of a job",
            "paused",
        ),
        ("UPDATE jobs SET kind = 'export'", "kind of a job", "export"),
        (
            "UPDATE warnings SET kind = 'odd'",
            "kind of a warning",
            "odd",
        ),
        (
            "UPDATE links SET refusal = 'full' WHERE refusal IS NOT NULL",
            "refusal of a link",
            "full",
        ),
        ("UPDATE links SET authority = 7", "authority of a link", "7"),
    ];
    for (damage, what, text) in codes {
        let directory = copy(1);
        let file = directory.path().join("catalogue.sqlite");
        let connection = rusqlite::Connection::open(&file).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0, "{damage}");
        drop(connection);
        let fixture = open(directory.path());
        let store = fixture.store.as_ref();
        let read = match what {
            "state of a job" | "kind of a job" => store.job(history::JOB).await.err(),
            "kind of a warning" => store.warnings(history::PROJECT, 9).await.err(),
            _ => store.links(history::PROJECT).await.err(),
        };
        let error = read.expect("the code is unknown").to_string();
        assert!(error.contains(what) && error.contains(text), "{error}");
        fixture.store.close().await;
    }
}

#[test]
fn a_part_of_another_layout_is_refused_with_both_versions() {
    let directory = copy(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let try_open = || {
        runtime.block_on(async {
            let store = LocalStore::open(directory.path(), &LocalOptions::default())?;
            store.close().await;
            Ok::<_, empmix_store::StoreError>(())
        })
    };
    try_open().unwrap();
    let connection = rusqlite::Connection::open(directory.path().join("catalogue.sqlite")).unwrap();
    connection
        .execute("UPDATE parts SET layout = 9", [])
        .unwrap();
    drop(connection);
    let error = try_open().err().unwrap().to_string();
    assert!(error.contains(".parquet"), "{error}");
    assert!(
        error.contains("version 9") && error.contains("reads version 1"),
        "{error}"
    );
}
