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
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::process::Stdio;

    use super::*;

    /// A pipe that any child inherits which does not close it.
    fn leaky_pipe() -> (OwnedFd, OwnedFd) {
        rustix::pipe::pipe().unwrap()
    }

    /// The descriptors of a child at its start, as `number target` lines. `sh` has no descriptor of
    /// its own here: the script is an argument.
    fn descriptors(mut command: Command) -> Vec<String> {
        let script = "for fd in /proc/$$/fd/*; do echo \"${fd##*/} $(readlink $fd)\"; done";
        let output = command
            .args(["-c", script])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn numbers(lines: &[String]) -> Vec<u32> {
        let targets = lines.iter().filter_map(|line| line.split_once(' '));
        // The shell's own look at the folder is closed by the time a link is read.
        let open = targets.filter(|(_, target)| !target.is_empty());
        open.map(|(number, _)| number.parse().unwrap()).collect()
    }

    #[test]
    fn a_child_has_three_descriptors_whatever_is_open_here() {
        let (read, write) = leaky_pipe();
        let file = rustix::fs::open(
            "/dev/null",
            rustix::fs::OFlags::RDWR,
            rustix::fs::Mode::empty(),
        );
        assert_eq!(numbers(&descriptors(command("sh"))), [0, 1, 2]);
        drop((read, write, file));
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the counterexample")]
    fn a_plain_command_hands_them_on() {
        let (read, write) = leaky_pipe();
        let inherited = numbers(&descriptors(Command::new("sh")));
        let raw = u32::try_from(read.as_raw_fd()).unwrap();
        assert!(
            inherited.contains(&raw),
            "{inherited:?}: this test could not fail"
        );
        drop(write);
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
