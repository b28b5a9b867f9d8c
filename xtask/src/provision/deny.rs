//! cargo-deny, for `cargo xtask audit`. Built once, kept in the cache folder.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::context::{Context, step};

const VERSION: &str = "0.20.2";

/// Its path; building it takes five minutes, the first time.
pub(crate) fn find(context: &Context) -> Result<PathBuf> {
    let home = context.cache.join(format!("tools/cargo-deny-{VERSION}"));
    let program = home.join("bin/cargo-deny");
    if !program.is_file() {
        step(format!("building cargo-deny {VERSION} (5 min, once)"));
        let target = context.cache.join("tools/build-cargo-deny");
        context
            .cmd("cargo")
            .args([
                "install",
                "--locked",
                &format!("cargo-deny@{VERSION}"),
                "--root",
            ])
            .arg(&home)
            .env("CARGO_TARGET_DIR", &target)
            .deadline(Duration::from_secs(40 * 60))
            .run()?;
        let _left = std::fs::remove_dir_all(target);
    }
    Ok(program)
}
