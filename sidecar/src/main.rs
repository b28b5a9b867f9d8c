//! The binary: reads the command line and runs one subcommand.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    empmix_sidecar::cli::run(empmix_sidecar::cli::Cli::parse())
}
