//! The binary: reads the command line and runs one subcommand.

use std::process::ExitCode;

/// Gives memory back to the system soon after it is freed, whichever thread took it and however small the
/// blocks were: what an import or a seal took is not kept.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    empmix_sidecar::cli::run()
}
