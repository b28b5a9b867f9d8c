//! Cargo, always with one of two selections of packages.
//!
//! Each other selection unifies features differently, and would compile most dependencies again:
//! hence never `-p` for native builds, but `--workspace` with the targets named.

use anyhow::{Result, bail};

use crate::artefacts::Artefacts;
use crate::context::Context;
use crate::process::{Cmd, on_path};
use crate::provision::apt;

/// Which packages a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Everything.
    Workspace,
    /// All but the desktop shell: this machine has no web view.
    WithoutShell,
}

impl Selection {
    /// Everything where the shell can be compiled, installing what it needs if that is allowed.
    pub(crate) fn with_desktop(context: &Context) -> Result<Self> {
        if !has_web_view(context) {
            apt::install(context, "the desktop app", apt::DESKTOP)?;
        }
        Ok(Self::Workspace)
    }

    /// What this machine can compile as it is.
    pub(crate) fn of_this_machine(context: &Context) -> Self {
        if has_web_view(context) {
            Self::Workspace
        } else {
            Self::WithoutShell
        }
    }

    /// Cargo's arguments.
    pub(crate) fn args(self) -> &'static [&'static str] {
        match self {
            Self::Workspace => &["--workspace"],
            Self::WithoutShell => &["--workspace", "--exclude", "empmix"],
        }
    }
}

/// As Tauri's own tool builds the app that ships; without it the app is in its development mode.
pub(crate) const SHIPPED_APP: [&str; 2] = ["--features", "tauri/custom-protocol"];

/// macOS and Windows bring one; on Linux it is a package.
fn has_web_view(context: &Context) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    on_path("pkg-config").is_some()
        && context
            .cmd("pkg-config")
            .args(["--exists", "webkit2gtk-4.1"])
            .probe()
            .is_some()
}

/// The cargo that runs us.
pub(crate) fn cargo(context: &Context) -> Cmd {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    context.cmd(program)
}

/// `cargo build` with these targets (`--bin`, `--tests` …); says where the results are.
pub(crate) fn build(
    context: &Context,
    selection: Selection,
    targets: &[&str],
    deadline: std::time::Duration,
) -> Result<Artefacts> {
    let mut artefacts = Artefacts::default();
    let status = cargo(context)
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(selection.args())
        .args(targets)
        .deadline(deadline)
        .lines(|line| artefacts.read(line))?;
    if !status.success() {
        bail!("the build failed");
    }
    Ok(artefacts)
}

/// The folder of cargo's results.
pub(crate) fn target_dir(context: &Context) -> Result<std::path::PathBuf> {
    #[derive(serde::Deserialize)]
    struct Metadata {
        target_directory: std::path::PathBuf,
    }
    let text = cargo(context)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .read()?;
    Ok(serde_json::from_str::<Metadata>(&text)?.target_directory)
}
