//! The real data set on a real MongoDB: the same numbers as on the local store.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::time::Instant;

use empmix_store::{
    Store,
    contract::real_data::{LINES, check, make_project, messages, shuffled, write},
};
use empmix_store_mongo::MongoStore;
use empmix_tests::{mongo_store::open, mongod::Mongod};

async fn with_project(uri: &str) -> MongoStore {
    let store = open(uri).await;
    make_project(&store).await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_gives_its_numbers_and_again_changes_nothing() {
    let uri = Mongod::shared().fresh_uri();
    let store = with_project(&uri).await;
    let messages = messages();
    let began = Instant::now();
    let (stored, known) = write(&store, &messages).await;
    println!("{LINES} lines in {:?}", began.elapsed());
    assert_eq!((stored, known), (122_004 + 210, 2_154));
    check(&store).await;
    assert_eq!(write(&store, &messages).await, (0, LINES));
    check(&store).await;
    store.close().await;
    check(&with_project(&uri).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_middle_and_another_order_change_nothing() {
    let mut server = Mongod::start();
    let uri = server.uri("empmix");
    let store = with_project(&uri).await;
    let messages = shuffled(&messages());
    let (first, _) = messages.split_at(messages.len() / 2);
    write(&store, first).await;
    server.kill9();
    server.restart();
    write(&store, &messages).await;
    check(&store).await;
}
