//! `cargo xtask bundle`: installers of the desktop app, made by Tauri's own tool.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo::{self, Selection};
use crate::console::{self, Profile};
use crate::context::{Context, step};
use crate::provision::node::Node;

/// What only the bundle adds to `tauri.conf.json`.
const CONFIG: &str = "src-tauri/bundle.conf.json";

/// `cargo xtask bundle`.
pub(crate) fn bundle(context: &Context) -> Result<()> {
    let selection = Selection::with_desktop(context)?;
    let node = Node::find(context)?;
    console::build(context, selection, Profile::Release)?;
    console::files(context)?;
    step("empmix-sidecar (release)");
    let mut targets = vec!["--release", "--bin", "empmix-sidecar"];
    targets.extend(cargo::SHIPPED_APP);
    let made = cargo::build(context, selection, &targets, Duration::from_secs(90 * 60))?;
    let config = fs::read_to_string(context.path(CONFIG)).context(CONFIG)?;
    let place = sidecar_place(&config, &host(context)?)?;
    let place = context.path(&place);
    fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))?;
    fs::copy(made.program("empmix-sidecar")?, &place)?;
    step("installers");
    node.tool(context, "npx")
        .args(["--yes", "@tauri-apps/cli@2", "build", "--config", CONFIG])
        // The default members leave the shell out; this is the selection that was just built.
        .args(["--", "--workspace"])
        .deadline(Duration::from_secs(90 * 60))
        .run()?;
    let bundles = cargo::target_dir(context)?.join("release/bundle");
    println!("{}", bundles.display());
    Ok(())
}

/// Where Tauri looks for the sidecar: the name in its configuration, and the platform's.
fn sidecar_place(config: &str, host: &str) -> Result<String> {
    let config: Value = serde_json::from_str(config).context(CONFIG)?;
    let name = config["bundle"]["externalBin"][0]
        .as_str()
        .with_context(|| format!("{CONFIG} names no bundle.externalBin"))?;
    Ok(format!("{name}-{host}{}", std::env::consts::EXE_SUFFIX))
}

/// The platform in rustc's words: `x86_64-unknown-linux-gnu`.
fn host(context: &Context) -> Result<String> {
    let about = context.cmd("rustc").arg("-vV").read()?;
    about
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not name its host")
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::sidecar_place;

    #[test]
    fn the_sidecar_lies_where_the_configuration_says() {
        let config = r#"{"bundle":{"externalBin":["src-tauri/binaries/empmix-sidecar"]}}"#;
        assert_eq!(
            sidecar_place(config, "x86_64-unknown-linux-gnu").unwrap(),
            "src-tauri/binaries/empmix-sidecar-x86_64-unknown-linux-gnu"
        );
        assert!(sidecar_place("{}", "x").is_err());
    }
}
