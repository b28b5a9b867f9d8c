//! What the sidecar takes from the machine: the clock, randomness, free disk space.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use empmix_model::EpochMs;

/// The clock.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub fn now() -> EpochMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    EpochMs::try_from(since.as_millis()).unwrap_or(EpochMs::MAX)
}

/// Fresh randomness from the operating system. Without it no key is safe, so the process ends.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the operating system gives no randomness");
        std::process::abort();
    }
    bytes
}

/// 16 fresh bytes.
pub fn random_16() -> [u8; 16] {
    random()
}

/// Random text of `N` bytes in hex.
pub fn random_hex<const N: usize>() -> String {
    random::<N>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Free bytes on the disk that holds `path`; `None` when the system does not tell.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
