//! What breaks in the window, in the app's log.

use std::sync::atomic::{AtomicU32, Ordering};

/// Bytes of one message that are kept.
const MESSAGE_BYTES: usize = 4096;
/// Messages that one run of the app keeps: a window that fails in a loop must not fill the log.
const MOST: u32 = 200;

/// Counts the messages of this run.
#[derive(Default)]
pub(crate) struct Failures(AtomicU32);

impl Failures {
    /// Logs a message of the window; false when there were too many.
    fn log(&self, message: &str) -> bool {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let kept = number < MOST;
        if kept {
            let message = &message[..message.floor_char_boundary(MESSAGE_BYTES)];
            tracing::error!(target: "console", "{message}");
        }
        kept
    }
}

/// Writes what broke in the window into the app's log: a panic with its message, an error that
/// nothing caught, a frame that did not come.
#[tauri::command]
pub(crate) fn report_failure(failures: tauri::State<'_, Failures>, message: String) {
    failures.log(&message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_cannot_fill_the_log() {
        let failures = Failures::default();
        let long = "é".repeat(MESSAGE_BYTES);
        assert!((0..MOST).all(|_| failures.log(&long)));
        assert!(!failures.log("one more"));
    }
}
