//! The suite of tests that every store passes.
//!
//! [`store_contract!`](crate::store_contract) makes one test of each case. A case gets a
//! [`Harness`], which opens the store under test over data of its own, and asks only through the
//! trait. What holds for one store holds for all.
//!
//! | module | asks |
//! | --- | --- |
//! | `writes` | replays, duplicates, conflicts, concurrency, durability |
//! | `identity` | the fold of facts, in every order of arrival |
//! | `sessions` | metrics under every order |
//! | `lists` | pages of events, live streams, schema |
//! | `properties` | names and values that are hard to store |
//! | `scenarios` | reports: known answers |
//! | `agreement`, `random`, `reference` | reports: random ones, answered again the slow and plain way |
//! | `interleavings` | what may happen, in random orders |
//! | `warnings` | idempotence and bounds |
//! | `dead_letters` | letters once each, tries counted |
//! | `projects`, `records`, `jobs` | the catalogue |
//! | `grown` | what a batch costs in a grown project; each store counts in its own way |
//! | `history` | what the fixtures of released layouts hold |
//! | `real_data` | a public data set, and the numbers that it must give |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a case fails loudly; this is test code behind a feature"
)]

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;

use crate::Store;

mod agreement;
mod dead_letters;
pub mod fixtures;
pub mod grown;
pub mod history;
mod identity;
mod interleavings;
mod jobs;
mod lists;
mod projects;
mod properties;
pub mod random;
pub mod real_data;
mod records;
pub mod reference;
mod scenarios;
mod sessions;
mod warnings;
mod writes;

pub use agreement::*;
pub use dead_letters::*;
pub use identity::*;
pub use interleavings::*;
pub use jobs::*;
pub use lists::*;
pub use projects::*;
pub use properties::*;
pub use records::*;
pub use scenarios::*;
pub use sessions::*;
pub use warnings::*;
pub use writes::*;

/// Opens the store under test.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens the store; empty the first time, and with what was written when it was opened
    /// before. A case closes the one before it opens another.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Makes a test of every case. `$harness` is an `async fn() -> impl Harness` that makes a fresh
/// harness.
#[macro_export]
macro_rules! store_contract {
    ($harness:path) => {
        $crate::store_contract!(@cases $harness:
            a_replay_changes_nothing
            a_partial_replay_stores_the_rest
            any_order_of_messages_gives_the_same
            equal_items_are_stored_once
            another_content_under_one_id_is_a_conflict
            an_event_and_an_instruction_with_one_id_are_two
            projects_do_not_see_each_other
            an_unknown_project_is_not_found
            what_was_written_survives_a_reopening
            writers_side_by_side_store_each_event_once
            the_example_in_every_order_of_arrival
            a_late_fact_undoes_a_link
            a_link_works_backwards
            an_early_copy_of_a_link_counts
            links_are_listed_with_their_results
            a_refused_link_is_one_warning
            the_links_of_a_source_are_bounded
            each_event_is_read_once_while_its_user_changes
            facts_in_any_order_are_the_fold
            session_metrics_are_a_fold
            a_session_is_known_by_its_project
            events_are_newest_first
            events_are_filtered
            pages_hold_still_while_events_arrive
            live_shows_what_is_stored_in_order
            a_slow_watcher_learns_what_it_missed
            the_schema_counts_what_is_stored
            hard_names_and_values_come_back
            hard_names_can_be_asked_for
            warnings_are_added_once
            letters_are_kept_once
            tries_are_counted_until_they_end
            refused_bodies_are_bounded
            alterations_are_sampled
            a_conflict_is_a_warning
            reports_are_answered_as_the_scenarios_say
            random_reports_agree_with_the_reference
            any_interleaving_agrees_with_the_reference
            projects_are_listed_oldest_first
            a_listed_project_is_there
            keys_are_replaced
            a_record_has_versions
            a_stale_write_changes_nothing
            one_of_many_writers_wins
            records_are_listed_by_id
            records_are_bounded
            pages_of_records_are_bounded
            pages_of_records_are_walked_while_they_change
            an_update_and_a_removal_do_not_both_win
            a_job_ends_when_every_part_is_stored
            parts_of_a_job_are_a_set
            what_a_job_says_is_stored_is_seen
            a_job_is_stopped
            a_job_fails_with_its_reason
        );
    };
    (@cases $harness:path: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let harness = $harness().await;
                $crate::contract::$case(&harness).await;
            }
        )*
    };
}

/// The seed of random cases, from `EMPMIX_SEED`; `cargo xtask test` gives another one each day.
pub fn seed() -> u64 {
    let given = std::env::var("EMPMIX_SEED").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// The repository that the running test belongs to, found from the folder that it runs in. The path
/// at compile time may be another: clones that share a target folder share their programs.
pub fn repository() -> PathBuf {
    let folder = std::env::current_dir().expect("a current folder");
    let root = folder
        .ancestors()
        .find(|dir| dir.join("Cargo.lock").is_file());
    root.expect("a test runs inside of the repository")
        .to_owned()
}
