//! A primary that loses its place: what a majority did not confirm is rolled back, and what was
//! acknowledged is not.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{sync::Arc, time::Duration};

use empmix_alarm::Alarm;
use empmix_store::{
    ItemOutcome, Store, StoreError,
    contract::fixtures::{Fixture, new_project},
};
use empmix_store_mongo::{MongoOptions, MongoStore};
use empmix_tests::{mongo_store::batch, mongod::Mongod, spawn::wait_for};

const LONG: Duration = Duration::from_secs(60);

/// A set of three members, and a store over them.
struct Set {
    members: Vec<Mongod>,
    fixture: Fixture,
    /// The numbers of the messages that were acknowledged.
    acknowledged: Vec<u32>,
}

impl Set {
    async fn start(alarm: Alarm) -> Self {
        let members = tokio::task::spawn_blocking(|| Mongod::start_set(3));
        let members = members.await.expect("three servers");
        let options = MongoOptions {
            call_deadline: Duration::from_secs(2),
            alarm,
            ..MongoOptions::default()
        };
        let uri = Mongod::uri_of_set(&members, "empmix");
        let store = MongoStore::connect(&uri, options).await;
        let store: Arc<dyn Store> = Arc::new(store.expect("a good URI"));
        let project = loop {
            match store.create_project(new_project(1, "one")).await {
                Ok(project) => break project.id,
                Err(StoreError::Conflict(_)) => {
                    let known = store.projects().await.expect("the projects");
                    break known[0].id;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        };
        Self {
            members,
            fixture: Fixture { store, project },
            acknowledged: Vec::new(),
        }
    }

    /// Writes a message of twenty events; notes it if it is acknowledged.
    async fn write(&mut self, number: u32) -> Option<Vec<ItemOutcome>> {
        let message = batch(&self.fixture, number, number * 20, 20);
        match self.fixture.store.write(message).await {
            Ok(mut written) => {
                self.acknowledged.push(number);
                Some(written.outcomes.remove(0))
            }
            // A project that no majority has yet is not found.
            Err(StoreError::Unavailable(_) | StoreError::NotFound(_)) => None,
            Err(other) => panic!("{other}"),
        }
    }

    /// Writes a message until it is acknowledged.
    async fn write_at_last(&mut self, number: u32) -> Vec<ItemOutcome> {
        loop {
            match self.write(number).await {
                Some(outcomes) => return outcomes,
                None => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// How many acknowledged messages are not there any more.
    async fn lost(&mut self) -> usize {
        let mut lost = 0;
        for number in self.acknowledged.clone() {
            let outcomes = self.write_at_last(number).await;
            lost += usize::from(outcomes != [ItemOutcome::Redelivered; 20]);
        }
        lost
    }
}

/// The primary takes writes that no other member has, is killed, and comes back behind another one.
/// Returns how many acknowledged messages that loses.
async fn lost_by_a_rollback(alarm: Alarm) -> usize {
    let mut set = Set::start(alarm).await;
    set.write_at_last(1).await;
    set.members[0].wait_for_replication(3);
    // Killed, not stopped: what the primary sends would wait in their sockets.
    for other in &mut set.members[1..] {
        other.kill9();
    }
    set.write(2).await;
    set.members[0].kill9();
    for other in &mut set.members[1..] {
        other.restart_as_member();
    }
    let members = &set.members;
    wait_for("another primary", LONG, || {
        members[1..].iter().any(Mongod::is_primary).then_some(())
    });
    set.write_at_last(3).await;
    set.members[0].restart_as_member();
    let returned = &set.members[0];
    wait_for("rollback", LONG, || {
        let log = returned.read_log();
        log.contains("\"c\":\"ROLLBACK\"").then_some(())
    });
    returned.wait_for_member();
    set.lost().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_not_rolled_back() {
    assert_eq!(lost_by_a_rollback(Alarm::default()).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_member_acknowledges_is_rolled_back() {
    let alarm = Alarm::sabotaging("majority".to_owned());
    assert_eq!(lost_by_a_rollback(alarm).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_steps_down_loses_nothing() {
    let mut set = Set::start(Alarm::default()).await;
    for number in 0..30 {
        if number % 10 == 5 {
            let members = &set.members;
            let primary = wait_for("a primary", LONG, || {
                members.iter().find(|member| member.is_primary())
            });
            primary.step_down();
        }
        set.write_at_last(number).await;
    }
    assert_eq!(set.acknowledged.len(), 30);
    assert_eq!(set.lost().await, 0);
}
