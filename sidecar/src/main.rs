//! The binary: reads the command line and runs one subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    empmix_sidecar::cli::run()
}
