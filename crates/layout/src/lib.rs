//! Versions of a SQLite file: new files, migrations, and newer files.
//!
//! `PRAGMA user_version` holds the version; 0 is a new file. A layout is a list of steps: step `n`
//! (from 0) takes version `n` to `n + 1`, and step 0 makes the tables of version 1. A step that was
//! released never changes; a change of the tables is another step.
//!
//! Before a file with data is migrated, a copy of it is made beside it (`NAME.before-vN`), synced
//! with its folder. Each step and its version are one transaction, so a crash leaves a version whose
//! steps have run. A file of a newer version is not changed: this release does not know what it would
//! destroy.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

#[cfg(feature = "plans")]
pub mod plans;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A newer release has written it.
    #[error(
        "{path} has layout version {found} and this release reads versions up to {known}: start the newer release, or use another data directory"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this release reads.
        known: i64,
    },
    /// The copy before a migration could not be made.
    #[error("the copy {path} cannot be made before the migration: {error}")]
    Copy {
        /// The copy.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Brings the file to the version after the last step.
///
/// # Errors
/// The file is newer, its copy cannot be made, or SQLite fails; the file keeps its version then.
pub fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), LayoutError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let found = version(connection)?;
    if found > known {
        let path = path.to_owned();
        return Err(LayoutError::Newer { path, found, known });
    }
    if found > 0 && found < known {
        copy(connection, path, known)?;
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (version, step) in (1_i64..).zip(steps).skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The version of the file; 0 is a new one.
///
/// # Errors
/// SQLite fails.
pub fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn copy(connection: &Connection, path: &Path, known: i64) -> Result<(), LayoutError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-v{known}"));
    let copy = PathBuf::from(name);
    let failed = |error: io::Error| LayoutError::Copy {
        path: copy.clone(),
        error,
    };
    // One that is there is of a migration that did not end; SQLite writes into no file that exists.
    match fs::remove_file(&copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    make_private(&copy).map_err(failed)?;
    File::open(&copy)
        .and_then(|file| file.sync_all())
        .and_then(|()| sync_name(&copy))
        .map_err(failed)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the name of a new file or folder durable, which it is only once its folder is. Windows does so
/// by itself, and has no way to say it.
///
/// # Errors
/// The folder cannot be opened or synced.
pub fn sync_name(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('one');";
    const TWO: &str = "ALTER TABLE words ADD COLUMN length INTEGER; UPDATE words SET length = 3;";

    struct Files {
        folder: tempfile::TempDir,
    }

    impl Files {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
            }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("file.sqlite")
        }

        fn migrate(&self, steps: &[&str]) -> Result<Connection, LayoutError> {
            let mut connection = Connection::open(self.path()).unwrap();
            migrate(&mut connection, &self.path(), steps)?;
            Ok(connection)
        }

        fn copy(&self) -> PathBuf {
            self.folder.path().join("file.sqlite.before-v2")
        }
    }

    #[test]
    fn a_new_file_gets_every_step_and_no_copy() {
        let files = Files::new();
        let connection = files.migrate(&[ONE, TWO]).unwrap();
        assert_eq!(version(&connection).unwrap(), 2);
        assert!(!files.copy().exists());
    }

    #[test]
    fn an_older_file_is_copied_and_migrated_once() {
        let files = Files::new();
        drop(files.migrate(&[ONE]).unwrap());
        fs::write(files.copy(), "left by a migration that did not end").unwrap();
        let connection = files.migrate(&[ONE, TWO]).unwrap();
        let length: i64 = connection
            .query_row("SELECT length FROM words", [], |row| row.get(0))
            .unwrap();
        assert_eq!((version(&connection).unwrap(), length), (2, 3));
        let before = Connection::open(files.copy()).unwrap();
        assert_eq!(version(&before).unwrap(), 1);
        assert!(before.prepare("SELECT word FROM words").is_ok());
        assert!(before.prepare("SELECT length FROM words").is_err());
        fs::remove_file(files.copy()).unwrap();
        drop(files.migrate(&[ONE, TWO]).unwrap());
        assert!(!files.copy().exists(), "nothing was left to migrate");
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let files = Files::new();
        drop(files.migrate(&[ONE]).unwrap());
        let broken = "INSERT INTO words VALUES ('two'); INSERT INTO missing VALUES (1);";
        assert!(files.migrate(&[ONE, broken]).is_err());
        let connection = files.migrate(&[ONE]).unwrap();
        let words: i64 = connection
            .query_row("SELECT count(*) FROM words", [], |row| row.get(0))
            .unwrap();
        assert_eq!(words, 1);
    }

    #[test]
    fn a_newer_file_is_refused_and_not_changed() {
        let files = Files::new();
        drop(files.migrate(&[ONE, TWO]).unwrap());
        let error = files.migrate(&[ONE]).unwrap_err().to_string();
        assert!(error.contains("version 2"), "{error}");
        assert!(error.contains("up to 1"), "{error}");
        assert!(files.migrate(&[ONE, TWO]).is_ok());
    }
}
