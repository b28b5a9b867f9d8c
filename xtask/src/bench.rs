//! `cargo xtask bench`: builds in release mode and runs the benchmark program.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::cargo::{self, Selection};
use crate::console::{self, Profile};
use crate::context::{Context, step};
use crate::provision::{apt, duckdb, mongod};

/// The options of `bench`.
#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Passed to the benchmark program
    #[arg(last = true)]
    args: Vec<OsString>,
}

/// `cargo xtask bench`.
pub(crate) fn bench(context: &Context, args: &BenchArgs) -> Result<()> {
    let selection = Selection::of_this_machine(context);
    if apt::is_here() {
        apt::install(context, "the benchmarks", apt::TEST)?;
    }
    let (mongod, duckdb) = (mongod::find(context)?, duckdb::find(context)?);
    console::build(context, selection, Profile::Release)?;
    step("benchmarks (release)");
    let mut targets = vec!["--release", "--bins"];
    if selection == Selection::Workspace {
        targets.extend(cargo::SHIPPED_APP);
    }
    let made = cargo::build(context, selection, &targets, Duration::from_secs(90 * 60))?;
    let mut bench = context
        .cmd(made.program("empmix-bench")?)
        .args(&args.args)
        .env("EMPMIX_SIDECAR_BIN", made.program("empmix-sidecar")?)
        .env("EMPMIX_MONGOD", mongod)
        .env("EMPMIX_DUCKDB", duckdb);
    if selection == Selection::Workspace {
        bench = bench.env("EMPMIX_APP_BIN", made.program("empmix")?);
    }
    let status = bench.start(false)?.wait()?;
    if !status.success() {
        bail!("the benchmarks ended with {status}");
    }
    Ok(())
}
