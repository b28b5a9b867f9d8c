//! The binary: reads the command line and runs one subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_env = "gnu")]
    set_up_allocator();
    empmix_sidecar::cli::run()
}

/// Has glibc give blocks of 128 KiB and more back to the system when they are freed. By itself it raises
/// that limit to the largest block it saw, and then keeps what an import took. Of smaller blocks it keeps
/// up to 16 MiB, and grows by 1 MiB: else each batch of events asks the system for its memory again, which
/// takes a third of the writer's time.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "glibc takes the settings by a call only")]
fn set_up_allocator() {
    let settings = [
        (libc::M_MMAP_THRESHOLD, 128 << 10),
        (libc::M_TRIM_THRESHOLD, 16 << 20),
        (libc::M_TOP_PAD, 1 << 20),
    ];
    for (setting, bytes) in settings {
        // SAFETY: no other thread runs yet. A setting that is refused changes nothing.
        unsafe { libc::mallopt(setting, bytes) };
    }
}
