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

use empmix_model::{
    ids::ProjectId,
    item::{Authority, Item},
};
use empmix_store::{
    Batch, Catalogue as _, EventSink as _, ItemOutcome, Store as _,
    contract::fixtures::{NOON, event, items, link, message, new_project},
};
use empmix_store_local::{LocalOptions, LocalStore};
use rusqlite::{
    Connection, StatementStatus,
    auto_extension::{init_auto_extension, register_auto_extension},
    ffi,
    trace::{TraceEvent, TraceEventCodes},
};

const PROJECT: ProjectId = ProjectId([1; 8]);
/// Items of a message.
const ITEMS: u32 = 1_000;

static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static STEPS: AtomicU64 = AtomicU64::new(0);
/// The steps of each statement when it was last executed.
static LAST: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// How much a project holds.
#[derive(Clone, Copy)]
struct Size {
    /// Links between two ids each.
    links: u32,
    /// Links to one id.
    hub: u32,
    /// Links of clients from one id to different users.
    kiosk: u32,
    /// Events of one session.
    session: u32,
}

const SMALL: Size = Size {
    links: 1_000,
    hub: 1_000,
    kiosk: 1_000,
    session: 1_000,
};

const GROWN: Size = Size {
    links: 1_000_000,
    hub: 100_000,
    kiosk: 10_000,
    session: 2_000_000,
};

impl Size {
    fn tenth(self) -> Self {
        Self {
            links: self.links / 10,
            hub: self.hub / 10,
            kiosk: self.kiosk,
            session: self.session / 10,
        }
    }
}

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
        project
            .links(
                1,
                |_| ("device 0".into(), "user 0".into()),
                Authority::Server,
            )
            .await;
        let mut first = event("first", "ann", "view", NOON);
        first.session_id = Some("s".into());
        project.write(vec![Item::Event(first)]).await;
        project.store.close().await;
        drop(project.store);
        multiply(folder, size);
        project.store = open();
        let to_hub = |n| (format!("follower {n}"), "hub".into());
        project.links(size.hub, to_hub, Authority::Server).await;
        let from_kiosk = |n| ("kiosk".into(), format!("visitor {n}"));
        project
            .links(size.kiosk, from_kiosk, Authority::Client)
            .await;
        project
    }

    /// Writes links, in messages of a thousand.
    async fn links(
        &mut self,
        count: u32,
        ends: impl Fn(u32) -> (String, String),
        authority: Authority,
    ) {
        let links: Vec<Item> = (0..count)
            .map(|n| {
                let (source, destination) = ends(n);
                let id = format!("{source} {destination}");
                Item::Instruction(link(&id, &source, &destination, authority))
            })
            .collect();
        for links in links.chunks(ITEMS as usize) {
            self.write(links.to_vec()).await;
        }
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
        let before = counted();
        let of_two = |n| (format!("new device {n}"), format!("new user {n}"));
        self.links(ITEMS, of_two, Authority::Server).await;
        found.push(("links of new ids", since(before)));
        let before = counted();
        let of_known = |n| (format!("second device {n}"), format!("user {n}"));
        self.links(ITEMS, of_known, Authority::Server).await;
        found.push(("links to users with a device", since(before)));
        let before = counted();
        let merges = |n| (format!("user {n}"), format!("owner {n}"));
        self.links(ITEMS, merges, Authority::Server).await;
        found.push(("links of users with devices", since(before)));
        let before = counted();
        let to_hub = |n| (format!("late follower {n}"), "hub".into());
        self.links(ITEMS, to_hub, Authority::Server).await;
        found.push(("links to the hub", since(before)));
        let before = counted();
        let from_kiosk = |n| ("kiosk".into(), format!("late visitor {n}"));
        self.links(ITEMS, from_kiosk, Authority::Client).await;
        found.push(("links from the kiosk", since(before)));
        let before = counted();
        let events = (0..ITEMS).map(|n| {
            let mut event = event(&format!("e{n}"), &format!("user {n}"), "view", NOON);
            event.session_id = Some("s".into());
            event
        });
        self.write(items(events)).await;
        found.push(("events of the long session", since(before)));
        let before = counted();
        let events =
            (0..ITEMS).map(|n| event(&format!("n{n}"), &format!("guest {n}"), "view", NOON));
        self.write(items(events)).await;
        found.push(("events of new ids", since(before)));
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
    for size in [SMALL, grown] {
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
    costs_the_same(GROWN.tenth()).await;
}

#[tokio::test]
#[ignore = "nightly: a million links"]
async fn a_batch_costs_the_same_in_a_project_of_a_million_links() {
    costs_the_same(GROWN).await;
}
