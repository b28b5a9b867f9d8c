//! `empmix-bindgen INPUT.wasm OUT_DIR` writes `empmix_ui.js` and `empmix_ui_bg.wasm`.
//!
//! It is a separate package so that xtask compiles quickly. The library's version always matches the
//! console's `wasm-bindgen`: both depend on the same `wasm-bindgen-shared`, which can be linked only
//! once.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(input), Some(out_dir), None) = (args.next(), args.next(), args.next()) else {
        anyhow::bail!("usage: empmix-bindgen INPUT.wasm OUT_DIR");
    };
    Bindgen::new()
        .input_path(&input)
        .out_name("empmix_ui")
        .web(true)
        .context("the web target is not available")?
        .typescript(false)
        .generate(&out_dir)
        .with_context(|| format!("could not generate the bindings of {}", input.display()))
}
