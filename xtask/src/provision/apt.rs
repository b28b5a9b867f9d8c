//! System packages: through apt on Debian and Ubuntu, a printed list elsewhere.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::context::{Context, step};
use crate::process::on_path;

/// What the desktop app needs to compile.
pub(crate) const DESKTOP: &[&str] = &["libwebkit2gtk-4.1-dev"];

/// What a Python wheel needs to be fetched.
pub(crate) const PYTHON: &[&str] = &["python3-venv"];

/// What the tests run on: a screen, browsers, fonts, a message broker.
pub(crate) const TEST: &[&str] = &[
    "chromium",
    "chromium-driver",
    "dbus",
    "dbus-x11",
    "fonts-dejavu-core",
    "fonts-inter",
    "libcurl4",
    "libgl1-mesa-dri",
    "mesa-vulkan-drivers",
    "procps",
    "python3-venv",
    "rabbitmq-server",
    "webkit2gtk-driver",
    "xvfb",
];

/// Debian's own Rust, which can build `std` for wasm from its source.
pub(crate) const WASM_FROM_SOURCE: &[&str] = &["cargo-web", "lld", "rust-web-src", "rustc-web"];

/// Whether packages come through apt here.
pub(crate) fn is_here() -> bool {
    std::fs::read_to_string("/etc/os-release").is_ok_and(|text| is_debian_like(&text))
        && on_path("apt-get").is_some()
}

fn is_debian_like(os_release: &str) -> bool {
    os_release.lines().any(|line| {
        let (name, value) = line.split_once('=').unwrap_or_default();
        let mut words = value.trim_matches('"').split_whitespace();
        matches!(name, "ID" | "ID_LIKE") && words.any(|word| word == "debian" || word == "ubuntu")
    })
}

/// Installs those of `packages` that are missing; `purpose` is what they are for.
///
/// # Errors
/// When it may not: the error is the one line for the user to run.
pub(crate) fn install(context: &Context, purpose: &str, packages: &[&str]) -> Result<()> {
    if !is_here() {
        bail!(
            "{purpose} needs what Debian calls {}: install it by your system's means",
            packages.join(", ")
        );
    }
    let missing = missing(context, packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    let Some(prefix) = root_prefix(context) else {
        bail!(
            "{purpose} needs system packages. Run this, then try again:\n\n    sudo sh -c '{line}'\n"
        );
    };
    step(format!("installing for {purpose}: {}", missing.join(", ")));
    // Debian's package starts the server; the tests start their own, on ports of their own.
    let stop_broker = missing.contains(&"rabbitmq-server");
    let script = format!("export DEBIAN_FRONTEND=noninteractive; {line}");
    let log = context.cache.join("apt.log");
    std::fs::create_dir_all(&context.cache)?;
    run_quietly(as_root(context, prefix, &script), &log)?;
    if stop_broker {
        let script = "exec 2>&1; invoke-rc.d rabbitmq-server stop; \
            update-rc.d rabbitmq-server disable; true";
        run_quietly(as_root(context, prefix, script), &log)?;
    }
    Ok(())
}

/// Runs apt with its hundreds of lines in a log, and says how far it is.
fn run_quietly(apt: crate::process::Cmd, log: &Path) -> Result<()> {
    let mut text = File::options().create(true).append(true).open(log)?;
    let mut set_up = 0;
    let mut written = Ok(());
    let status = apt.deadline(Duration::from_secs(20 * 60)).lines(|line| {
        if line.starts_with("Setting up ") {
            set_up += 1;
            if set_up % 50 == 0 {
                eprintln!("    {set_up} packages set up");
            }
        }
        if written.is_ok() {
            written = writeln!(text, "{line}");
        }
    })?;
    written.with_context(|| format!("cannot write {}", log.display()))?;
    if !status.success() {
        bail!("apt-get failed ({status}); see {}", log.display());
    }
    Ok(())
}

fn missing<'a>(context: &Context, packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut installed = BTreeSet::new();
    // An unknown package makes dpkg-query exit 1, and is simply not listed.
    context
        .cmd("sh")
        .arg("-c")
        .arg("dpkg-query -W -f='${Package} ${db:Status-Status}\\n' \"$@\" 2>/dev/null")
        .arg("dpkg-query")
        .args(packages)
        .lines(|line| {
            if let Some((package, "installed")) = line.split_once(' ') {
                installed.insert(package.to_owned());
            }
        })?;
    Ok(packages
        .iter()
        .copied()
        .filter(|package| !installed.contains(*package))
        .collect())
}

/// How to become root without being asked for a password: no word, or `sudo -n`.
fn root_prefix(context: &Context) -> Option<&'static [&'static str]> {
    let id = context.cmd("id").arg("-u").probe()?;
    if id.trim() == "0" {
        return Some(&[]);
    }
    on_path("sudo")?;
    context.cmd("sudo").args(["-n", "true"]).probe()?;
    Some(&["sudo", "-n"])
}

fn as_root(context: &Context, prefix: &[&str], script: &str) -> crate::process::Cmd {
    let words: Vec<&str> = prefix.iter().copied().chain(["sh", "-c", script]).collect();
    context.cmd(words[0]).args(&words[1..])
}

#[cfg(test)]
mod tests {
    use super::is_debian_like;

    #[test]
    fn debian_and_its_derivatives_are_recognised() {
        assert!(is_debian_like("NAME=\"Debian GNU/Linux\"\nID=debian\n"));
        assert!(is_debian_like("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian_like(
            "NAME=\"not debian\"\nID=fedora\nID_LIKE=\"rhel\"\n"
        ));
    }
}
