//! What a batch costs does not depend on what is stored. The work of SQLite is counted (statements, and
//! steps of its virtual machine, of which each row that is read takes some), not timed.

#![allow(
    clippy::expect_used,
    unsafe_code,
    reason = "a test fails loudly; SQLite is asked for its counts before the store opens its connections"
)]

use std::{
    collections::BTreeMap,
    ffi::{c_char, c_int},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use empmix_model::{ids::ProjectId, item::Item};
use empmix_store::{
    Batch, Catalogue as _, EventSink as _, ItemOutcome, Store as _,
    contract::{
        fixtures::{message, new_project},
        grown::{Size, first, probes},
    },
};
use empmix_store_local::{LocalOptions, LocalStore};
use rusqlite::{
    Connection, StatementStatus,
    auto_extension::{init_auto_extension, register_auto_extension},
    ffi,
    trace::{TraceEvent, TraceEventCodes},
};

const PROJECT: ProjectId = ProjectId([1; 8]);
/// Items of a batch.
const ITEMS: u32 = 1_000;

static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static STEPS: AtomicU64 = AtomicU64::new(0);
/// The steps of each statement when it was last executed.
static LAST: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// What was counted while a batch was written.
#[derive(Debug, Clone, Copy)]
struct SqliteWork {
    statements: u64,
    steps: u64,
}

fn count(event: TraceEvent<'_>) {
    if let TraceEvent::Profile(statement, _) = event {
        STATEMENTS.fetch_add(1, Ordering::Relaxed);
        // The count of a prepared statement goes on over its executions.
        let steps = u64::from(statement.get_status(StatementStatus::VmStep).unsigned_abs());
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.insert(statement.sql().into_owned(), steps);
        let of_this_one = before.and_then(|before| steps.checked_sub(before));
        STEPS.fetch_add(of_this_one.unwrap_or(steps), Ordering::Relaxed);
    }
}

/// Counts what every connection does that is opened from now on.
fn count_everything() {
    unsafe extern "C" fn on_open(
        connection: *mut ffi::sqlite3,
        error: *mut *mut c_char,
        _: *const ffi::sqlite3_api_routines,
    ) -> c_int {
        // SAFETY: SQLite calls this with a connection that is open.
        unsafe {
            init_auto_extension(connection, error, |mut connection| {
                connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(count))
            })
        }
    }
    // SAFETY: the function neither opens nor closes a connection.
    unsafe { register_auto_extension(on_open) }.expect("it is registered");
}

/// A project of this size, in a folder.
struct Project {
    store: LocalStore,
    next: u32,
}

impl Project {
    async fn of(folder: &Path, size: Size) -> Self {
        let open = || LocalStore::open(folder, &LocalOptions::default()).expect("opens");
        let store = open();
        let created = store.create_project(new_project(1, "one")).await;
        created.expect("a project");
        let mut project = Self { store, next: 0 };
        project.write(first().into()).await;
        project.store.close().await;
        drop(project.store);
        multiply(folder, size);
        project.store = open();
        for items in size.crowds().chunks(ITEMS as usize) {
            project.write(items.to_vec()).await;
        }
        project
    }

    async fn write(&mut self, items: Vec<Item>) {
        let batch = Batch {
            project: PROJECT,
            envelopes: vec![message(PROJECT, self.next, items)],
        };
        self.next += 1;
        let written = self.store.write(batch).await.expect("written");
        let mut outcomes = written.outcomes.iter().flatten();
        assert!(outcomes.all(|outcome| *outcome == ItemOutcome::Stored));
    }

    /// The work of each of the batches that may read what is stored.
    async fn probe(&mut self) -> Vec<(&'static str, SqliteWork)> {
        let mut found = Vec::new();
        for (what, items) in probes(ITEMS) {
            let before = counted();
            self.write(items).await;
            found.push((what, since(before)));
        }
        found
    }
}

fn counted() -> SqliteWork {
    SqliteWork {
        statements: STATEMENTS.load(Ordering::Relaxed),
        steps: STEPS.load(Ordering::Relaxed),
    }
}

fn since(before: SqliteWork) -> SqliteWork {
    let now = counted();
    SqliteWork {
        statements: now.statements - before.statements,
        steps: now.steps - before.steps,
    }
}

/// Makes many of the first link and its two ids, and one long session, in the file.
fn multiply(folder: &Path, size: Size) {
    let mut catalogue = Connection::open(folder.join("catalogue.sqlite")).expect("opens");
    let transaction = catalogue.transaction().expect("begins");
    let numbers = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})",
        size.links - 1
    );
    for statement in [
        format!(
            "INSERT INTO links {numbers}
             SELECT project, 'device ' || n, 'user ' || n, authority, randomblob(16), received_at,
               message_id, idx, refusal
             FROM numbers, links WHERE source = 'device 0'"
        ),
        format!(
            "INSERT INTO identities {numbers}
             SELECT project, 'device ' || n, 'user ' || n, identified, ids, changed, named
             FROM numbers, identities WHERE id = 'device 0'"
        ),
        format!(
            "INSERT INTO identities {numbers}
             SELECT project, 'user ' || n, user, identified, ids, changed, named
             FROM numbers, identities WHERE id = 'user 0'"
        ),
        format!(
            "INSERT INTO ids {numbers}
             SELECT (SELECT max(row) FROM ids) + 2 * n - 1, 'device ' || n FROM numbers"
        ),
        format!(
            "INSERT INTO ids {numbers}
             SELECT (SELECT max(row) FROM ids) - 2 * {} + 2 * n + 1, 'user ' || n FROM numbers",
            size.links - 1
        ),
        format!("UPDATE sessions SET events = {}", size.session),
    ] {
        let done = transaction.execute(&statement, []);
        done.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    transaction.commit().expect("written");
}

async fn costs_the_same(grown: Size) {
    count_everything();
    let mut works = Vec::new();
    for size in [Size::small(ITEMS), grown] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut project = Project::of(folder.path(), size).await;
        works.push(project.probe().await);
        project.store.close().await;
    }
    for ((what, small), (_, grown)) in works[0].iter().zip(&works[1]) {
        let most = |of_small: u64| of_small + of_small / 10 + 20;
        assert!(
            grown.statements <= most(small.statements),
            "{what}: {small:?} {grown:?}"
        );
        assert!(
            grown.steps <= most(small.steps),
            "{what}: {small:?} {grown:?}"
        );
        // An item takes a bounded number of statements, of which each reads a bounded number of rows.
        assert!(
            small.statements < 30 * u64::from(ITEMS),
            "{what}: {small:?}"
        );
    }
}

#[tokio::test]
async fn a_batch_costs_the_same_in_a_grown_project() {
    costs_the_same(Size::GROWN.tenth()).await;
}

#[tokio::test]
#[ignore = "nightly: a million links"]
async fn a_batch_costs_the_same_in_a_project_of_a_million_links() {
    costs_the_same(Size::GROWN).await;
}
