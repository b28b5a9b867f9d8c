//! Opens the file: creates it, checks its format, and recovers.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::record::queue_code;
use crate::{BrokerError, Queue};

/// `EMQ1`.
const APPLICATION_ID: i64 = 0x454d_5131;

/// The steps of the format; see `empmix-layout`.
const STEPS: &[&str] = &[VERSION_1];

const VERSION_1: &str = "
CREATE TABLE events (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE dead (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE attempts (queue INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (queue, seq)) WITHOUT ROWID;
CREATE TABLE queues (queue INTEGER PRIMARY KEY, next_seq INTEGER NOT NULL, handed_out INTEGER NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO queues VALUES (0, 1, 0, 0, 0), (1, 1, 0, 0, 0);
";

/// The lock that excludes other processes. It is released when it is dropped or the process ends.
#[derive(Debug)]
pub(super) struct FileLock(#[expect(dead_code, reason = "kept only to hold the lock")] File);

/// Locks the file `<path>.lock`.
pub(super) fn lock(path: &Path) -> Result<FileLock, BrokerError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = open_private(&PathBuf::from(name)).map_err(|error| storage(path, &error))?;
    file.try_lock().map_err(|_| {
        BrokerError::Unavailable(format!(
            "{} is open in another process; stop that process first",
            path.display()
        ))
    })?;
    Ok(FileLock(file))
}

/// Opens the writing connection, creates the queue if there is none, and recovers.
pub(super) fn open_writer(path: &Path) -> Result<Connection, BrokerError> {
    open_private(path).map_err(|error| storage(path, &error))?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    prepare(&mut connection).map_err(|error| storage(path, &error))?;
    let id = application_id(&connection).map_err(|error| storage(path, &error))?;
    match id {
        APPLICATION_ID => {}
        0 => create(&connection, path)?,
        _ => return Err(not_a_queue(path)),
    }
    empmix_layout::migrate(&mut connection, path, STEPS).map_err(|error| storage(path, &error))?;
    if id == 0 {
        empmix_layout::sync_name(path).map_err(|error| storage(path, &error))?;
    }
    recover(&mut connection).map_err(|error| storage(path, &error))?;
    Ok(connection)
}

/// Opens the reading connection of a queue that [`open_writer`] opened before.
pub(super) fn open_reader(path: &Path) -> Result<Connection, BrokerError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("PRAGMA query_only=ON; PRAGMA cache_size=-4096; PRAGMA cell_size_check=ON;")
        .map_err(|error| storage(path, &error))?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, BrokerError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| storage(path, &error))?;
    connection
        .busy_timeout(Duration::from_secs(5))
        .map_err(|error| storage(path, &error))?;
    Ok(connection)
}

/// Configures the connection. `auto_vacuum` has an effect only before the first table exists.
fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON; PRAGMA secure_delete=ON;
         PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;
         PRAGMA cell_size_check=ON; PRAGMA cache_size=-8192;",
    )?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn application_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0))
}

/// Marks a new file as a queue. Its tables come with the first step: a file that is marked and has
/// none is one whose creation did not end.
fn create(connection: &Connection, path: &Path) -> Result<(), BrokerError> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| storage(path, &error))?;
    let version = empmix_layout::version(connection).map_err(|error| storage(path, &error))?;
    if tables > 0 || version > 0 {
        return Err(not_a_queue(path));
    }
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(|error| storage(path, &error))
}

/// Counts one more delivery without an ack for each message that was handed out and is still here.
fn recover(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (queue, table) in [(Queue::Events, "events"), (Queue::Dead, "dead")] {
        let code = queue_code(queue);
        transaction.execute(
            &format!(
                "INSERT INTO attempts (queue, seq, n)
                 SELECT ?1, seq, 1 FROM {table}
                 WHERE seq <= (SELECT handed_out FROM queues WHERE queue = ?1)
                 ON CONFLICT (queue, seq) DO UPDATE SET n = n + 1"
            ),
            [code],
        )?;
    }
    transaction.execute("UPDATE queues SET handed_out = 0", [])?;
    transaction.commit()
}

/// Opens or creates a file that only its owner may read. SQLite creates `-wal` and `-shm` with the
/// mode of the database.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn not_a_queue(path: &Path) -> BrokerError {
    BrokerError::Storage(format!("{} is not an event queue", path.display()))
}

fn storage(path: &Path, error: &dyn std::fmt::Display) -> BrokerError {
    BrokerError::Storage(format!("{}: {error}", path.display()))
}
