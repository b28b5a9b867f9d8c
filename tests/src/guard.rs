//! A server that ends with the test, and its directory with it.
//!
//! A small shell guards the server: it waits for the end of its input, which comes when the test
//! program ends, is killed, or drops the guard; then it kills the server with all it started and
//! removes the directory. It has a process group of its own, so that what ends the test program's
//! group, as `cargo xtask test` does, leaves it the time for that.

#![allow(clippy::expect_used, reason = "a test fails loudly")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::spawn::wait_for;

/// Starts the server in a process group of its own, prints the group, and waits; "keep" leaves
/// the directory for a restart.
const SCRIPT: &str = r#"dir=$1; shift
setsid "$@" </dev/null >"$dir/out" 2>&1 &
echo $!
word=; read -r word
kill -9 -$! 2>/dev/null; wait 2>/dev/null
[ "$word" = keep ] || rm -rf "$dir""#;

/// A running server; it dies when this is dropped.
pub(crate) struct Guard {
    shell: Child,
    group: u32,
}

impl Guard {
    /// Starts a server whose files lie in `dir`; `describe` sets its environment, then adds the
    /// program and its arguments.
    pub(crate) fn start(dir: &Path, describe: impl FnOnce(&mut Command)) -> Self {
        let mut command = empmix_child::command("sh");
        command.args(["-c", SCRIPT, "guard"]).arg(dir);
        describe(&mut command);
        command.process_group(0);
        let mut shell = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let mut line = String::new();
        let stdout = shell.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the server's group");
        let group = line.trim().parse().expect("the server's group");
        Self { shell, group }
    }

    /// The server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.group
    }

    /// Kills the server as a power cut would, and keeps its directory.
    pub(crate) fn kill9(mut self) {
        if let Some(stdin) = &mut self.shell.stdin {
            // A guard that is gone has done its work.
            drop(stdin.write_all(b"keep\n"));
        }
    }

    /// Stops it where it is: connections stay open without an answer.
    pub(crate) fn stop(&self) {
        self.signal("STOP");
        wait_for("stopped server", Duration::from_secs(10), || {
            self.is_stopped().then_some(())
        });
    }

    /// Lets a stopped server go on.
    pub(crate) fn cont(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let sent = empmix_child::command("kill")
            .args([&format!("-{name}"), "--", &format!("-{}", self.group)])
            .status();
        assert!(sent.expect("kill runs").success(), "SIG{name} was not sent");
    }

    /// Whether no thread of the group can run: a signal that was sent has yet to arrive.
    fn is_stopped(&self) -> bool {
        let processes = fs::read_dir("/proc").expect("/proc").flatten();
        processes
            .filter(|process| self.has_member(&process.path()))
            .all(|process| {
                let threads = fs::read_dir(process.path().join("task"));
                threads.is_ok_and(|mut threads| {
                    threads
                        .all(|thread| thread.is_ok_and(|thread| state(&thread.path()) == Some('T')))
                })
            })
    }

    fn has_member(&self, process: &Path) -> bool {
        // Behind the name in brackets: state, parent, process group.
        let group = stat(process).and_then(|stat| stat.split_whitespace().nth(2)?.parse().ok());
        group == Some(self.group)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        drop(self.shell.wait());
    }
}

fn state(thread: &Path) -> Option<char> {
    stat(thread)?.trim_start().chars().next()
}

/// What the kernel says of a process or thread, from its state on.
fn stat(process: &Path) -> Option<String> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.to_owned())
}
