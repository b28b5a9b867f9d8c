//! Child processes that inherit nothing but their three standard streams.
//!
//! A descriptor without close-on-exec is inherited by every child that starts while it is open.
//! Libraries that we do not control open such descriptors: a display connection, a D-Bus socket, the
//! pipe through which libdbus waits for `dbus-launch`. A child that holds the other end of such a
//! pipe keeps its reader waiting for as long as the child lives. So the shell, `xtask` and the
//! tests start every process through [`command`], which marks all descriptors from 3 on as
//! close-on-exec between fork and exec. On Windows, handles are not inherited unless they are named.
//!
//! Must not know: what is started, and why.

#[cfg(unix)]
mod unix;

use std::ffi::OsStr;
use std::process::Command;

/// A command whose process inherits standard input, output and error, and no other descriptor.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that makes a command"
)]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix must be asked"))]
    let mut command = Command::new(program);
    #[cfg(unix)]
    unix::close_on_exec(&mut command);
    command
}

/// What a child receives when its parent ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSignal {
    /// SIGTERM: it may finish its work.
    Terminate,
    /// SIGKILL: it ends at once.
    Kill,
}

/// Asks the kernel to signal the child when the *thread* that started it ends. On systems other than
/// Linux it does nothing: there the child must watch its standard input.
pub fn end_with_parent(command: &mut Command, signal: EndSignal) {
    #[cfg(target_os = "linux")]
    unix::end_with_parent(command, signal);
    #[cfg(not(target_os = "linux"))]
    let _ = (command, signal);
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::os::fd::OwnedFd;
    use std::process::Stdio;

    use rustix::fs::{Mode, OFlags};

    use super::*;

    /// A pipe that any child inherits which does not close it.
    pub(super) fn leaky_pipe() -> (OwnedFd, OwnedFd) {
        rustix::pipe::pipe().unwrap()
    }

    /// Where the descriptors of a child lead at its start.
    pub(super) fn descriptors(mut command: Command) -> Vec<String> {
        let script = "readlink /proc/$$/fd/*";
        let listed = command.args(["-c", script]).stdin(Stdio::null());
        let text = String::from_utf8(listed.output().unwrap().stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_child_has_three_descriptors_whatever_is_open_here() {
        let pipe = leaky_pipe();
        let file = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty()).unwrap();
        let inherited = descriptors(command("sh"));
        assert_eq!(inherited.len(), 3, "{inherited:?}");
        drop((pipe, file));
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the counterexample")]
    fn a_plain_command_hands_them_on() {
        let pipe = leaky_pipe();
        let inherited = descriptors(Command::new("sh"));
        assert!(inherited.len() >= 5, "{inherited:?}");
        drop(pipe);
    }

    #[test]
    fn a_child_ends_with_the_thread_that_started_it() {
        let mut child = std::thread::spawn(|| {
            let mut sleeper = command("sleep");
            end_with_parent(sleeper.arg("60"), EndSignal::Kill);
            sleeper.spawn().unwrap()
        })
        .join()
        .unwrap();
        assert!(!child.wait().unwrap().success());
    }
}
