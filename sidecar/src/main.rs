//! The binary: reads the command line and runs one subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_env = "gnu")]
    give_large_blocks_back();
    empmix_sidecar::cli::run()
}

/// Has glibc give blocks of 128 KiB and more back to the system when they are freed. By itself it raises
/// that limit to the largest block it saw, and then keeps what an import took.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "glibc takes the setting by a call only")]
fn give_large_blocks_back() {
    // SAFETY: no other thread runs yet. A setting that is refused changes nothing.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024) };
}
