//! `cargo xtask build`: release artefacts in `dist/`, with their sizes and checksums.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::artefacts::Artefacts;
use crate::cargo::{self, Selection};
use crate::console::{self, Profile};
use crate::context::{Context, step};

/// The options of `build`.
#[derive(Args)]
pub(crate) struct BuildArgs {
    /// Leave out the desktop app
    #[arg(long)]
    no_desktop: bool,
}

/// The SDK's built file, which is committed.
const SDK: &str = "sdk/js/dist/empmix.min.js";

/// `cargo xtask build`.
pub(crate) fn build(context: &Context, args: &BuildArgs) -> Result<()> {
    let selection = if args.no_desktop {
        Selection::WithoutShell
    } else {
        Selection::with_desktop(context)?
    };
    let made = programs(context, selection)?;
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for name in shipped(selection) {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        files.push((made.program(name)?.to_path_buf(), file));
    }
    for file in console::files(context)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        files.push((file.clone(), format!("console/{name}")));
    }
    files.push((context.path(SDK), "empmix.min.js".to_owned()));
    assemble(&context.path("dist"), &files)
}

/// The programs that ship.
fn shipped(selection: Selection) -> &'static [&'static str] {
    match selection {
        Selection::Workspace => &["empmix-sidecar", "empmix"],
        Selection::WithoutShell => &["empmix-sidecar"],
    }
}

/// Builds the console and the programs as they ship.
pub(crate) fn programs(context: &Context, selection: Selection) -> Result<Artefacts> {
    console::build(context, selection, Profile::Release)?;
    let names = shipped(selection);
    step(format!("{} (release)", names.join(" and ")));
    let mut targets = vec!["--release"];
    if selection == Selection::Workspace {
        targets.extend(cargo::SHIPPED_APP);
    }
    targets.extend(names.iter().flat_map(|name| ["--bin", name]));
    cargo::build(context, selection, &targets, Duration::from_secs(90 * 60))
}

/// Copies the files into a fresh folder, prints sizes, writes `SHA256SUMS`.
fn assemble(dist: &Path, files: &[(PathBuf, String)]) -> Result<()> {
    if dist.exists() {
        fs::remove_dir_all(dist).with_context(|| format!("cannot empty {}", dist.display()))?;
    }
    let mut sums = String::new();
    println!("{:>12} {:>12}  dist/", "bytes", "gzip");
    for (from, name) in files {
        let to = dist.join(name);
        if let Some(dir) = to.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::copy(from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        let bytes = fs::read(&to)?;
        println!("{:>12} {:>12}  {name}", bytes.len(), gzip_len(&bytes)?);
        sums.push_str(&format!("{}  {name}\n", hex(&Sha256::digest(&bytes))));
    }
    fs::write(dist.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    Ok(())
}

fn gzip_len(bytes: &[u8]) -> Result<usize> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_in_dist_before_is_gone_and_sums_are_of_the_copies() {
        let dir = tempfile::tempdir().unwrap();
        let dist = dir.path().join("dist");
        fs::create_dir_all(&dist).unwrap();
        fs::write(dist.join("old"), "old").unwrap();
        let from = dir.path().join("from");
        fs::write(&from, "abc").unwrap();
        assemble(&dist, &[(from, "console/page".to_owned())]).unwrap();
        assert!(!dist.join("old").exists());
        assert_eq!(
            fs::read_to_string(dist.join("SHA256SUMS")).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  console/page\n"
        );
    }
}
