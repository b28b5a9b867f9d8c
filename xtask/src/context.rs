//! Where things are: the checkout, the cache folder, and the processes that run for us.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process::{Cmd, Groups};

/// What every command needs to know.
pub(crate) struct Context {
    /// The checkout: the folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Tools and servers that are fetched once: `~/.cache/empmix`, or `$XDG_CACHE_HOME/empmix`.
    pub(crate) cache: PathBuf,
    groups: Groups,
}

impl Context {
    /// Finds the folders, and sees to it that Ctrl-C ends what was started.
    pub(crate) fn new() -> Result<Self> {
        // At run time cargo says which checkout this is; two may share one target folder.
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&manifest_dir)
            .parent()
            .context("xtask lies in a folder of the checkout")?
            .to_path_buf();
        let groups = Groups::default();
        groups.end_on_signal()?;
        Ok(Self {
            root,
            cache: cache_folder()?,
            groups,
        })
    }

    /// A command that starts in the checkout.
    pub(crate) fn cmd(&self, program: impl Into<OsString>) -> Cmd {
        Cmd::new(program, &self.root, self.groups.clone())
    }

    /// A path below the checkout.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }
}

fn cache_folder() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => std::env::home_dir()
            .context("no home folder: set XDG_CACHE_HOME")?
            .join(".cache"),
    };
    Ok(base.join("empmix"))
}

/// Says what is being done.
pub(crate) fn step(what: impl std::fmt::Display) {
    eprintln!("==> {what}");
}
