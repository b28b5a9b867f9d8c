//! The log: a file a day, a week of them.

use std::path::Path;

use tracing_appender::{non_blocking::WorkerGuard, rolling};
use tracing_subscriber::EnvFilter;

/// Days that are kept.
const DAYS: usize = 7;

/// Writes the log into `dir` until the guard is dropped.
pub(crate) fn start(dir: &Path) -> Option<WorkerGuard> {
    // The builder looks for old files first, and complains on stderr where there is no folder yet.
    std::fs::create_dir_all(dir).ok()?;
    let rolling = rolling::Builder::new()
        .rotation(rolling::Rotation::DAILY)
        .max_log_files(DAYS);
    let file = rolling
        .filename_prefix("empmix")
        .filename_suffix("log")
        .build(dir)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::try_from_env("EMPMIX_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,empmix_desktop=info,sidecar=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .try_init()
        .ok()?;
    Some(guard)
}
