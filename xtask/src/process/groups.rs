//! Process groups: each child has one of its own, so that what it started ends with it.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How long a group may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(10);
/// The process groups that are running for us.
#[derive(Clone, Default)]
pub(crate) struct Groups(Arc<Mutex<BTreeSet<u32>>>);

impl Groups {
    /// On Ctrl-C, SIGTERM or SIGHUP: asks every group to end, and ends with the usual code.
    pub(crate) fn end_on_signal(&self) -> Result<()> {
        let groups = self.clone();
        ctrlc::set_handler(move || {
            let running: Vec<u32> = groups.lock().iter().copied().collect();
            for &group in &running {
                signal_group(group, false);
            }
            let (_open, wait) = mpsc::channel::<()>();
            let mut left = GRACE;
            let tick = Duration::from_millis(50);
            while running.iter().any(|&group| group_lives(group)) && !left.is_zero() {
                let _elapsed = wait.recv_timeout(tick);
                left = left.saturating_sub(tick);
            }
            for &group in &running {
                signal_group(group, true);
            }
            std::process::exit(130);
        })
        .context("a handler for Ctrl-C")
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a command a group of its own.
#[cfg(unix)]
pub(super) fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(super) fn own_group(_command: &mut Command) {}

/// Asks a group to end, or kills it.
#[cfg(unix)]
pub(super) fn signal_group(group: u32, kill: bool) {
    use rustix::process::{Signal, kill_process_group};
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    if let Some(pid) = pid(group) {
        // A group that has already gone is what we want.
        let _gone = kill_process_group(pid, signal);
    }
}

#[cfg(unix)]
fn group_lives(group: u32) -> bool {
    pid(group).is_some_and(|pid| rustix::process::test_kill_process_group(pid).is_ok())
}

#[cfg(unix)]
fn pid(group: u32) -> Option<rustix::process::Pid> {
    i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
}

#[cfg(windows)]
pub(super) fn signal_group(group: u32, kill: bool) {
    let mut end = empmix_child::command("taskkill");
    end.args(["/t", "/pid", &group.to_string()]);
    if kill {
        end.arg("/f");
    }
    let _gone = end
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
}

#[cfg(windows)]
fn group_lives(group: u32) -> bool {
    empmix_child::command("tasklist")
        .args(["/fi", &format!("PID eq {group}"), "/nh"])
        .output()
        .is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains(&group.to_string()))
}
