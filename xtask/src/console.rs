//! The console for web view and browser: Rust to wasm, bindings, page, into `ui/dist`.
//!
//! The wasm has a target folder of its own (`wasm/` in cargo's), so that it waits for no lock of
//! the native build, and so that the two Rusts which can build it share nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::cargo::{self, Selection};
use crate::context::{Context, step};
use crate::provision::wasm_target::{self, TARGET, WasmRust};

/// The options of `wasm`.
#[derive(Args)]
pub(crate) struct WasmArgs {
    /// Small and slow to build, as it ships
    #[arg(long)]
    release: bool,
}

/// How the console is optimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Seconds for an edit.
    Dev,
    /// As it ships.
    Release,
}

impl Profile {
    /// The cargo profile in the workspace's manifest.
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "web-dev",
            Self::Release => "web",
        }
    }
}

/// What the bindings are made of; everything else of the console is written by hand, in `ui/web`.
const BINDINGS: [&str; 2] = ["empmix_ui.js", "empmix_ui_bg.wasm"];

/// Keeps the folder in version control, so that a clean clone compiles.
const PLACEHOLDER: &str = ".gitkeep";

/// `cargo xtask wasm`.
pub(crate) fn wasm(context: &Context, args: &WasmArgs) -> Result<()> {
    let profile = if args.release {
        Profile::Release
    } else {
        Profile::Dev
    };
    let selection = Selection::of_this_machine(context);
    build(context, selection, profile)?;
    for file in files(context)? {
        println!("{:>10}  {}", fs::metadata(&file)?.len(), file.display());
    }
    Ok(())
}

/// Builds what has changed since the last time.
pub(crate) fn build(context: &Context, selection: Selection, profile: Profile) -> Result<()> {
    step(format!("the console (wasm, profile {})", profile.name()));
    let module = compile(context, "empmix-ui", profile)?;
    let made = bindings(context, selection, &module)?;
    let mut sources: Vec<PathBuf> = BINDINGS.iter().map(|name| made.join(name)).collect();
    sources.extend(entries(&context.path("ui/web"))?);
    fill(&context.path("ui/dist"), &sources)
}

/// The console's files in `ui/dist`.
///
/// # Errors
/// When it is not built: the sidecar and the window would show an empty page.
pub(crate) fn files(context: &Context) -> Result<Vec<PathBuf>> {
    let mut files = entries(&context.path("ui/dist"))?;
    files.retain(|file| !file.ends_with(PLACEHOLDER));
    for name in BINDINGS.iter().chain(&["index.html"]) {
        if !files.iter().any(|file| file.ends_with(name)) {
            bail!("ui/dist/{name} is missing: run `cargo xtask wasm`");
        }
    }
    Ok(files)
}

/// The files in a folder, by name.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        files.push(entry?.path());
    }
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// Makes a folder hold these files, and nothing that was there before.
fn fill(dist: &Path, sources: &[PathBuf]) -> Result<()> {
    fs::create_dir_all(dist)?;
    for old in entries(dist)? {
        let stays = sources
            .iter()
            .any(|from| from.file_name() == old.file_name());
        if !stays && !old.ends_with(PLACEHOLDER) {
            fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
    }
    for from in sources {
        place(from, &dist.join(from.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// The module with which the tests probe a web view's compiler.
pub(crate) fn probe(context: &Context) -> Result<PathBuf> {
    compile(context, "empmix-probe", Profile::Dev)
}

/// Compiles a package's library as a wasm module and returns its path.
fn compile(context: &Context, package: &str, profile: Profile) -> Result<PathBuf> {
    let rust = wasm_target::find(context)?;
    let base = cargo::target_dir(context)?;
    let (target_dir, cargo, extra): (_, _, &[&str]) = match rust {
        WasmRust::Rustup => (base.join("wasm"), cargo::cargo(context), &[]),
        WasmRust::Debian => (
            base.join("wasm-debian"),
            context
                .cmd("/usr/bin/cargo")
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld"),
            &["-Zbuild-std=std,panic_abort"],
        ),
    };
    // `--crate-type cdylib` here, and not in the manifest: beside an rlib it would switch off LTO.
    cargo
        .args(["rustc", "-p", package, "--lib", "--crate-type", "cdylib"])
        .args(["--profile", profile.name(), "--target", TARGET])
        .args(extra)
        .env("CARGO_TARGET_DIR", &target_dir)
        .deadline(Duration::from_secs(40 * 60))
        .run()?;
    Ok(target_dir
        .join(TARGET)
        .join(profile.name())
        .join(format!("{}.wasm", package.replace('-', "_"))))
}

/// Makes the bindings of a module, if they are not there yet; returns their folder.
fn bindings(context: &Context, selection: Selection, module: &Path) -> Result<PathBuf> {
    let made = module.with_extension("bindings");
    let stamp = stamp(module)?;
    if fs::read_to_string(made.join("stamp")).is_ok_and(|text| text == stamp) {
        return Ok(made);
    }
    let deadline = Duration::from_secs(30 * 60);
    let bindgen = cargo::build(context, selection, &["--bin", "empmix-bindgen"], deadline)?;
    step("the console's bindings");
    context
        .cmd(bindgen.program("empmix-bindgen")?)
        .arg(module)
        .arg(&made)
        .run()?;
    fs::write(made.join("stamp"), stamp)?;
    Ok(made)
}

/// What tells one build of a module from the next.
fn stamp(module: &Path) -> Result<String> {
    let about = fs::metadata(module).with_context(|| module.display().to_string())?;
    let modified = about.modified()?.duration_since(std::time::UNIX_EPOCH)?;
    Ok(format!(
        "{} bytes, {} ns\n",
        about.len(),
        modified.as_nanos()
    ))
}

/// Copies a file if its bytes differ: the sidecar and the shell embed these, and cargo builds them
/// again when a time changes.
fn place(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_changed_is_not_written_and_what_is_old_goes() {
        let dir = tempfile::tempdir().unwrap();
        let (page, script) = (dir.path().join("index.html"), dir.path().join("start.js"));
        fs::write(&page, "page").unwrap();
        fs::write(&script, "script").unwrap();
        let dist = dir.path().join("dist");
        fs::create_dir(&dist).unwrap();
        for (name, text) in [("index.html", "page"), ("start.js", "old"), ("gone.js", "")] {
            fs::write(dist.join(name), text).unwrap();
        }
        fs::write(dist.join(PLACEHOLDER), "").unwrap();
        let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1);
        let times = fs::FileTimes::new().set_modified(long_ago);
        let old = fs::File::options()
            .write(true)
            .open(dist.join("index.html"))
            .unwrap();
        old.set_times(times).unwrap();

        fill(&dist, &[page, script]).unwrap();

        let modified = fs::metadata(dist.join("index.html"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(modified, long_ago, "the same bytes are not written again");
        assert_eq!(fs::read_to_string(dist.join("start.js")).unwrap(), "script");
        assert!(!dist.join("gone.js").exists());
        assert!(dist.join(PLACEHOLDER).exists());
    }

    #[test]
    fn a_stamp_tells_two_builds_apart() {
        let dir = tempfile::tempdir().unwrap();
        let module = dir.path().join("m.wasm");
        fs::write(&module, "one").unwrap();
        let first = stamp(&module).unwrap();
        assert_eq!(first, stamp(&module).unwrap());
        fs::write(&module, "three").unwrap();
        assert_ne!(first, stamp(&module).unwrap());
    }
}
