//! The catalogue: one SQLite file, the source of truth for everything that is not in a part yet.
//!
//! WAL, `synchronous=FULL` (a commit that returned is on disk), `secure_delete` (what was deleted
//! is overwritten). `user_version` is the version of the tables below; `empmix-layout` migrates older
//! ones and refuses newer ones.
//!
//! | table | holds | grows with |
//! | --- | --- | --- |
//! | `projects` | tenants and their keys: public in clear, secret as a hash | projects |
//! | `ids`, `event_names` | dense numbers of distinct ids and event names, never used again | people, names |
//! | `hot_events` | events that are in no part yet, in order of arrival | bounded by sealing |
//! | `instructions` | every instruction once, in order of arrival; an index finds it by its item id | instructions |
//! | `links` | links between ids, the earliest copy of each, with the result | links |
//! | `identities` | what all facts say about an id: its user, when it was identified, its group | ids in facts |
//! | `sessions` | metrics, a fold of each session's events | sessions |
//! | `warnings`, `warning_counts`, `warned_messages` | what was refused or altered, bounded; exact counts | days, bounds |
//! | `dead_letters` | items that are never accepted, with their bytes | dead letters |
//! | `tries` | items whose write may have ended the process | a few |
//! | `jobs`, `job_parts` | long work, and which parts of it are accepted and stored | jobs |
//! | `parts` | the Parquet files that count | parts |
//! | `records` | saved reports, boards and the like: JSON with a version | records |
//!
//! Rows of `ids`, `event_names` and `hot_events` are keyed `project number << 40 | number`, so
//! that a project's rows are one range of an append-only table: no index is written on the path
//! of an event. Duplicates are searched in memory, where one writer knows every hot id.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, config::DbConfig};

mod code;
pub(crate) mod dead_letters;
pub(crate) mod dense;
mod error;
pub(crate) mod facts;
pub(crate) mod hot;
pub(crate) mod instructions;
pub(crate) mod jobs;
pub(crate) mod parts;
pub(crate) mod projects;
pub(crate) mod records;
pub(crate) mod sessions;
pub(crate) mod warnings;

use code::{code, optional_code, text, unknown};
pub(crate) use error::CatalogueError;

/// Pages of the write-ahead log that bring about a checkpoint: 64 MiB, so that the file is not
/// synced with every batch.
const CHECKPOINT_PAGES: i64 = 8192;

/// Bits of a row key that number the rows of one project.
const PROJECT_SHIFT: u32 = 40;

/// Version 1.
const VERSION_1: &str = "
CREATE TABLE projects (
  no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
  timezone TEXT NOT NULL, week_start TEXT NOT NULL, public_key TEXT NOT NULL UNIQUE,
  secret_hash BLOB, created_at INTEGER NOT NULL,
  sealed_below INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE ids (row INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
CREATE TABLE event_names (row INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE hot_events (
  row INTEGER PRIMARY KEY, hash BLOB NOT NULL, event TEXT NOT NULL, distinct_id TEXT NOT NULL,
  time INTEGER NOT NULL, client_time INTEGER, received_at INTEGER NOT NULL,
  insert_id TEXT NOT NULL, session_id TEXT, message_id BLOB NOT NULL, content INTEGER NOT NULL,
  properties TEXT NOT NULL) STRICT;
CREATE TABLE instructions (
  project INTEGER NOT NULL, hash BLOB NOT NULL, distinct_id TEXT NOT NULL, time INTEGER NOT NULL,
  received_at INTEGER NOT NULL, message_id BLOB NOT NULL, content INTEGER NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (project, hash)) STRICT, WITHOUT ROWID;
CREATE TABLE links (
  project INTEGER NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,
  authority INTEGER NOT NULL, item BLOB NOT NULL, received_at INTEGER NOT NULL,
  message_id BLOB NOT NULL, idx INTEGER NOT NULL, refusal TEXT,
  PRIMARY KEY (project, source, destination, authority)) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_destination ON links (project, destination);
CREATE INDEX links_refused ON links (project, received_at) WHERE refusal IS NOT NULL;
CREATE TABLE identifications (
  project INTEGER NOT NULL, id TEXT NOT NULL, received_at INTEGER NOT NULL,
  message_id BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (project, id)) STRICT, WITHOUT ROWID;
CREATE TABLE users (
  project INTEGER NOT NULL, id TEXT NOT NULL, user TEXT NOT NULL,
  PRIMARY KEY (project, id)) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  project INTEGER NOT NULL, id TEXT NOT NULL, started_at INTEGER NOT NULL,
  first_hash BLOB NOT NULL, first_event TEXT NOT NULL, last_active_at INTEGER NOT NULL,
  last_hash BLOB NOT NULL, last_event TEXT NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (project, id)) STRICT, WITHOUT ROWID;
CREATE TABLE warnings (
  no INTEGER PRIMARY KEY, project INTEGER NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
  bytes TEXT, size INTEGER NOT NULL, received_at INTEGER NOT NULL) STRICT;
CREATE INDEX warnings_newest ON warnings (project, received_at);
CREATE INDEX warnings_kept ON warnings (project, kind, no, size);
CREATE TABLE warning_counts (
  project INTEGER NOT NULL, kind TEXT NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (project, kind, day)) STRICT, WITHOUT ROWID;
CREATE TABLE warned_messages (
  project INTEGER NOT NULL, message_id BLOB NOT NULL,
  PRIMARY KEY (project, message_id)) STRICT, WITHOUT ROWID;
CREATE TABLE jobs (
  id BLOB PRIMARY KEY, project INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  error TEXT, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job_parts (
  job BLOB NOT NULL, part INTEGER NOT NULL, accepted INTEGER NOT NULL, stored INTEGER NOT NULL,
  PRIMARY KEY (job, part)) STRICT, WITHOUT ROWID;
CREATE TABLE parts (
  no INTEGER PRIMARY KEY AUTOINCREMENT, project INTEGER NOT NULL, file TEXT NOT NULL UNIQUE,
  rows INTEGER NOT NULL, bytes INTEGER NOT NULL, min_time INTEGER NOT NULL,
  max_time INTEGER NOT NULL, checksum INTEGER NOT NULL, id_days TEXT NOT NULL, filter BLOB NOT NULL,
  summary TEXT NOT NULL) STRICT;
";

/// Version 2 adds the records, and the version of each part's layout.
const VERSION_2: &str = "
ALTER TABLE parts ADD COLUMN layout INTEGER NOT NULL DEFAULT 1;
CREATE TABLE records (
  project INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (project, kind, id)) STRICT, WITHOUT ROWID;
";

/// Version 3 keeps, for each id, all that a new fact needs to know about it
/// ([`IdState`](empmix_model::identity::IdState)), and dead letters. Keys are their bytes
/// ([`FactKey::to_bytes`](empmix_model::identity::FactKey::to_bytes)). The groups of earlier versions
/// are not known (0 ids, the last key), so that the next fact about one folds it.
const VERSION_3: &str = "
ALTER TABLE instructions ADD COLUMN beyond INTEGER NOT NULL DEFAULT 0;
CREATE TABLE identities (
  project INTEGER NOT NULL, id TEXT NOT NULL, user TEXT, identified BLOB,
  ids INTEGER, changed BLOB, named BLOB, PRIMARY KEY (project, id)) STRICT, WITHOUT ROWID;
INSERT INTO identities
  SELECT facts.project, facts.id, users.user, min(facts.key),
    iif(users.user IS NULL AND max(facts.is_link), 0, NULL),
    iif(users.user IS NULL AND max(facts.is_link), unhex('7F' || printf('%.54c', 'F')), NULL),
    iif(users.user IS NULL AND max(facts.is_link), unhex('7F' || printf('%.54c', 'F')), NULL)
  FROM (
    SELECT project, source AS id, NULL AS key, 1 AS is_link FROM links
    UNION ALL
    SELECT project, destination,
      unhex(printf('%016x', received_at) || hex(message_id) || printf('%08x', idx)), 1 FROM links
    UNION ALL
    SELECT project, id,
      unhex(printf('%016x', received_at) || hex(message_id) || printf('%08x', idx)), 0
    FROM identifications) AS facts
  LEFT JOIN users ON users.project = facts.project AND users.id = facts.id
  GROUP BY facts.project, facts.id;
CREATE INDEX identities_by_user ON identities (project, user) WHERE user IS NOT NULL;
DROP TABLE identifications;
DROP TABLE users;
DELETE FROM links WHERE (project, source, destination, authority) IN (
  SELECT project, source, destination, authority FROM (
    SELECT *, row_number() OVER (
      PARTITION BY project, source ORDER BY received_at, message_id, idx) AS place
    FROM links WHERE authority = 0)
  WHERE place > 100 AND refusal IS NOT NULL);
CREATE INDEX links_of_clients ON links (project, source) WHERE authority = 0;
CREATE TABLE dead_letters (
  no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, project BLOB,
  body TEXT NOT NULL) STRICT;
CREATE TABLE tries (item BLOB PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Version 4 keeps instructions in order of arrival, and finds them in an index of their item ids, which are
/// evenly spread: with the bodies in that tree, a large batch changed most pages of it.
const VERSION_4: &str = "
ALTER TABLE instructions RENAME TO instructions_3;
CREATE TABLE instructions (
  no INTEGER PRIMARY KEY, project INTEGER NOT NULL, hash BLOB NOT NULL, distinct_id TEXT NOT NULL,
  time INTEGER NOT NULL, received_at INTEGER NOT NULL, message_id BLOB NOT NULL,
  content INTEGER NOT NULL, body TEXT NOT NULL, beyond INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO instructions
  (project, hash, distinct_id, time, received_at, message_id, content, body, beyond)
  SELECT project, hash, distinct_id, time, received_at, message_id, content, body, beyond
  FROM instructions_3;
DROP TABLE instructions_3;
CREATE UNIQUE INDEX instructions_by_item ON instructions (project, hash);
";

/// The tables, one version after the other.
const VERSIONS: [&str; 4] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4];

/// Opens the catalogue for its one writer, and brings its tables to the version of this release.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, CatalogueError> {
    let mut connection = Connection::open(path)?;
    // A larger page holds more rows of an event's size, and fewer of its bytes overflow.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    plan_once(&connection)?;
    empmix_layout::migrate(&mut connection, path, &VERSIONS)?;
    Ok(connection)
}

/// Opens the catalogue to read from it beside the writer.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, CatalogueError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(32);
    plan_once(&connection)?;
    Ok(connection)
}

/// Makes the plan of a statement independent of what is bound to it. Otherwise SQLite plans it again for
/// each value that it compares with the condition of a partial index.
fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    let stable = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(stable, true).map(drop)
}

/// The key of a project's row in an append-only table.
pub(crate) fn row_key(project: i64, number: u64) -> i64 {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    (project << PROJECT_SHIFT) | number
}

/// The number of a project's row.
pub(crate) fn row_number(key: i64) -> u64 {
    u64::try_from(key & ((1 << PROJECT_SHIFT) - 1)).unwrap_or(0)
}

/// Bytes of a column as an id, or the error that says that the row is damaged.
pub(crate) fn fixed<const N: usize>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<[u8; N]> {
    row.get::<_, [u8; N]>(column)
}
