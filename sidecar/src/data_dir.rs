//! The data directory: who has it, and what others may read of it.
//!
//! | file | content |
//! | --- | --- |
//! | `lock` | locked for as long as a process has the directory; the lock dies with the process |
//! | `token` | the bearer token of the private API, made once |
//! | `sidecar.json` | `{"url","pid"}` of the process that has the directory |
//! | `keys.json` | public keys and hashes of secret ones, for a start while the store is unreachable |
//! | `queue/` | the embedded broker |
//! | `store/` | the local store |
//!
//! The directory has mode 0700, every file in it that holds a secret 0600.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::machine;

/// A data directory that this process has for itself.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// The result of locking a directory.
pub enum DirectoryLock {
    /// It is ours.
    Ours(DataDir),
    /// Another process has it.
    InUse,
}

/// How to reach the sidecar that has a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its address.
    pub url: String,
    /// Its process.
    pub pid: u32,
}

impl DataDir {
    /// Takes a directory, made if it is not there.
    pub fn take(path: &Path) -> Result<DirectoryLock> {
        create_private(path)
            .with_context(|| format!("the data directory {} cannot be made", path.display()))?;
        let lock = private_file(&path.join("lock"))
            .with_context(|| format!("the data directory {} is not writable", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(DirectoryLock::Ours(Self {
                path: path.to_owned(),
                _lock: lock,
            })),
            Err(TryLockError::WouldBlock) => Ok(DirectoryLock::InUse),
            Err(TryLockError::Error(error)) => {
                Err(error).context("the data directory cannot be locked")
            }
        }
    }

    /// A folder inside, made if it is not there.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.path.join(name);
        create_private(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(folder)
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says where this process can be reached.
    pub fn announce(&self, running: &Running) -> Result<()> {
        replace(
            &self.path.join("sidecar.json"),
            &serde_json::to_vec(running)?,
        )
    }

    /// Takes the announcement back.
    pub fn withdraw(&self) {
        if let Err(error) = fs::remove_file(self.path.join("sidecar.json")) {
            tracing::debug!(%error, "nothing was announced");
        }
    }
}

/// How to reach the sidecar that has a directory, if it is known.
pub fn running(path: &Path) -> Option<Running> {
    serde_json::from_slice(&fs::read(path.join("sidecar.json")).ok()?).ok()
}

/// The directory's bearer token, made if it is not there.
pub fn token(path: &Path) -> Result<String> {
    create_private(path)
        .with_context(|| format!("the data directory {} cannot be made", path.display()))?;
    let file = path.join("token");
    if let Ok(token) = fs::read_to_string(&file) {
        let token = token.trim();
        if !token.is_empty() {
            return Ok(token.to_owned());
        }
    }
    let token = format!("et_{}", machine::random_hex::<32>());
    replace(&file, token.as_bytes())?;
    Ok(token)
}

/// Writes a private file aside and renames it over the old one.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let aside = path.with_extension(format!("{}.new", machine::random_hex::<8>()));
    let mut file =
        private_file(&aside).with_context(|| format!("{} cannot be written", aside.display()))?;
    file.set_len(0)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&aside, path)
        .and_then(|()| empmix_layout::sync_name(path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Makes a folder and those above it durably, if they are not there.
fn create_private(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_private(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    empmix_layout::sync_name(path)
}

fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_owner_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let DirectoryLock::Ours(first) = DataDir::take(&path).unwrap() else {
            panic!("it is free")
        };
        assert!(matches!(
            DataDir::take(&path).unwrap(),
            DirectoryLock::InUse
        ));
        drop(first);
        assert!(matches!(
            DataDir::take(&path).unwrap(),
            DirectoryLock::Ours(_)
        ));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_secret_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let token = token(&path).unwrap();
        assert_eq!(super::token(&path).unwrap(), token, "made once");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("token"))), (0o700, 0o600));
    }
}
