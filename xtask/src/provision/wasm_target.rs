//! A Rust that can build for `wasm32-unknown-unknown`: rustup's target, else Debian's Rust, which
//! builds `std` from its source. `EMPMIX_WASM=rustup` or `debian` forces one of them.

use std::time::Duration;

use anyhow::{Result, bail};

use super::apt;
use crate::context::{Context, step};
use crate::process::on_path;

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Which Rust builds the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmRust {
    /// The Rust that runs us, with a prebuilt `std`.
    Rustup,
    /// Debian's, with `std` from source.
    Debian,
}

/// Finds or installs one.
pub(crate) fn find(context: &Context) -> Result<WasmRust> {
    match std::env::var("EMPMIX_WASM").as_deref() {
        Ok("rustup") if has_prebuilt_std(context) || add_target(context) => Ok(WasmRust::Rustup),
        Ok("rustup") => bail!("EMPMIX_WASM=rustup, and `rustup target add {TARGET}` failed"),
        Ok("debian") => debian(context),
        Ok(other) if !other.is_empty() => {
            bail!("EMPMIX_WASM={other}: it is either rustup or debian")
        }
        _ if has_prebuilt_std(context) || add_target(context) => Ok(WasmRust::Rustup),
        _ => debian(context),
    }
}

fn has_prebuilt_std(context: &Context) -> bool {
    let libdir = context
        .cmd("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .probe();
    libdir.is_some_and(|dir| {
        std::fs::read_dir(dir.trim()).is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
        })
    })
}

fn add_target(context: &Context) -> bool {
    if on_path("rustup").is_none() {
        return false;
    }
    step(format!("rustup target add {TARGET}"));
    let added = context
        .cmd("rustup")
        .args(["target", "add", TARGET])
        .deadline(Duration::from_secs(60))
        .run();
    if let Err(error) = &added {
        eprintln!("{error:#}");
    }
    added.is_ok() && has_prebuilt_std(context)
}

fn debian(context: &Context) -> Result<WasmRust> {
    if !apt::is_here() {
        bail!("no Rust for {TARGET}: run `rustup target add {TARGET}`");
    }
    apt::install(context, "the console", apt::WASM_FROM_SOURCE)?;
    step("the console is built with Debian's Rust, std from source");
    Ok(WasmRust::Debian)
}
