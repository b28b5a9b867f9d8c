//! A folder whose power can be cut: what a process synced survives, and nothing else
//! (`tests/shims/power_loss.rs`).

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::repository;

/// A folder, and what of it is durable.
pub struct Powered {
    folder: TempDir,
    kept: TempDir,
}

impl Powered {
    /// An empty folder.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = tempfile::tempdir().expect("a folder");
        let powered = Self { folder, kept };
        powered.remember(powered.folder.path());
        powered
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The environment of the processes that use it. Syncs of paths that end in `forget` do nothing.
    pub fn env(&self, forget: &str) -> Vec<(&'static str, OsString)> {
        vec![
            ("LD_PRELOAD", shim().into()),
            ("POWER_LOSS_KEPT", self.kept.path().into()),
            ("POWER_LOSS_FORGET", forget.into()),
        ]
    }

    /// What a loss of power leaves, in another folder. Every process that uses this one must have been
    /// killed.
    pub fn cut(self) -> Self {
        let after = Self::new();
        self.restore(self.path(), after.path());
        after.remember(after.path());
        after
    }

    /// Puts what is durable of a folder into another.
    fn restore(&self, from: &Path, into: &Path) {
        let listed = fs::read_to_string(self.kept.path().join(key(from))).unwrap_or_default();
        let present = keys(from);
        for line in listed.lines() {
            let [key, kind, name] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{line:?} is not a name")
            };
            let to = into.join(name);
            if kind == "folder" {
                fs::create_dir(&to).expect("it is made");
                // A folder is never removed, so it has its name still.
                if present.get(key).is_some_and(|now| now == name) {
                    self.restore(&from.join(name), &to);
                }
            } else {
                let content = fs::read(self.kept.path().join(key)).unwrap_or_default();
                fs::write(&to, content).expect("it is written");
            }
        }
    }

    /// Notes that everything in a folder is durable.
    fn remember(&self, folder: &Path) {
        let mut lines = String::new();
        for (key, name) in keys(folder) {
            let path = folder.join(&name);
            let kind = if path.is_dir() { "folder" } else { "file" };
            lines += &format!("{key} {kind} {name}\n");
            if path.is_dir() {
                self.remember(&path);
            } else {
                fs::copy(&path, self.kept.path().join(key)).expect("it is copied");
            }
        }
        fs::write(self.kept.path().join(key(folder)), lines).expect("it is written");
    }
}

impl Default for Powered {
    fn default() -> Self {
        Self::new()
    }
}

/// The names in a folder by key.
fn keys(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let named = entries.map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (key(&entry.path()), name)
    });
    named.collect()
}

/// The key of a file or folder, as in the library.
fn key(path: &Path) -> String {
    use std::{os::unix::fs::MetadataExt, time::UNIX_EPOCH};
    let metadata = path.metadata().expect("it is there");
    let made = metadata.created().ok();
    let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    format!("{}-{}", metadata.ino(), made.unwrap_or_default().as_nanos())
}

/// The library, compiled once.
fn shim() -> PathBuf {
    static SHIM: OnceLock<TempDir> = OnceLock::new();
    let name = "libpower_loss.so";
    let folder = SHIM.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let source = repository().join("tests/shims/power_loss.rs");
        let compiled = empmix_child::command("rustc")
            .args(["--edition", "2024", "--crate-type", "cdylib", "-O", "-o"])
            .arg(folder.path().join(name))
            .arg(source)
            .status();
        assert!(
            compiled.expect("rustc runs").success(),
            "the shim is not compiled"
        );
        folder
    });
    folder.path().join(name)
}
