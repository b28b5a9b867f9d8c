//! The real data set on the local store.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use empmix_store::{
    Store,
    contract::real_data::{LINES, check, make_project, messages, shuffled, write},
};
use empmix_store_local::{LocalOptions, LocalStore};

async fn open(dir: &std::path::Path, options: &LocalOptions) -> LocalStore {
    let store = LocalStore::open(dir, options).expect("opens");
    make_project(&store).await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_gives_its_numbers_and_again_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = LocalOptions::default();
    let store = open(dir.path(), &options).await;
    let messages = messages();
    let (stored, known) = write(&store, &messages).await;
    assert_eq!((stored, known), (122_004 + 210, 2_154));
    check(&store).await;
    assert_eq!(write(&store, &messages).await, (0, LINES));
    check(&store).await;
    store.close().await;
    drop(store);
    let store = open(dir.path(), &options).await;
    check(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_messages_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path(), &LocalOptions::default()).await;
    write(&store, &shuffled(&messages())).await;
    check(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_give_the_same_numbers() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = LocalOptions {
        seal_rows: 20_000,
        seal_after: std::time::Duration::from_secs(1),
        column_budget: 32 << 20,
        ..LocalOptions::default()
    };
    let store = open(dir.path(), &options).await;
    let messages = messages();
    write(&store, &messages).await;
    check(&store).await;
    assert_eq!(write(&store, &messages).await, (0, LINES));
    store.close().await;
    drop(store);
    let store = open(dir.path(), &options).await;
    assert!(parts(dir.path()) > 0, "some rows are in files");
    check(&store).await;
    assert_eq!(write(&store, &shuffled(&messages)).await, (0, LINES));
    check(&store).await;
}

fn parts(dir: &std::path::Path) -> usize {
    std::fs::read_dir(dir.join("parts")).expect("parts").count()
}
