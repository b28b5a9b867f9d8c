//! The entry point of development: each job of a developer, and of CI, is one of these commands.
//!
//! It installs what a bare machine lacks, says what it does, and is quick the second time.

#![allow(
    clippy::print_stdout,
    reason = "a command line tool: what it finds and what it built is its output"
)]

mod artefacts;
mod bench;
mod bundle;
mod cargo;
mod console;
mod context;
mod dist;
mod outcome;
mod process;
mod provision;
mod run;
mod stages;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::context::Context;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what is needed and start Emp-Mix: the desktop app, or with no display the sidecar
    /// with the console in the browser
    Run(run::RunArgs),
    /// Everything: tidy, SDK, unit, contract and end-to-end tests on real servers
    Test(stages::TestArgs),
    /// Release artefacts in dist/: empmix-sidecar, empmix, console/, empmix.min.js
    Build(dist::BuildArgs),
    /// The console for the browser, into ui/dist
    Wasm(console::WasmArgs),
    /// Benchmarks, in release mode; arguments after `--` go to the benchmark program
    Bench(bench::BenchArgs),
    /// Installers of the desktop app
    Bundle,
    /// Format, lints, dependencies between crates, words, licences, sources, spelling
    Tidy(tidy::TidyArgs),
    /// Known vulnerabilities of the dependencies (needs the network)
    Audit,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = Context::new().and_then(|context| match cli.command {
        Command::Run(args) => run::run(&context, &args),
        Command::Test(args) => stages::test(&context, &args),
        Command::Build(args) => dist::build(&context, &args),
        Command::Wasm(args) => console::wasm(&context, &args),
        Command::Bench(args) => bench::bench(&context, &args),
        Command::Bundle => bundle::bundle(&context),
        Command::Tidy(args) => tidy::tidy(&context, &args),
        Command::Audit => tidy::audit(&context),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
