//! Child processes: in a group of their own, with a deadline, and gone when we go.

mod groups;
mod running;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

pub(crate) use groups::Groups;
use groups::own_group;
pub(crate) use running::Running;

/// How long a step may take when it names no deadline of its own.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(60 * 60);

/// A command to run.
pub(crate) struct Cmd {
    inner: Command,
    shown: String,
    deadline: Duration,
    groups: Groups,
}

impl Cmd {
    pub(crate) fn new(program: impl Into<OsString>, dir: &Path, groups: Groups) -> Self {
        let program = program.into();
        let mut inner = empmix_child::command(&program);
        inner.current_dir(dir).stdin(Stdio::null());
        for name in names_that_cargo_run_sets() {
            inner.env_remove(name);
        }
        own_group(&mut inner);
        Self {
            inner,
            shown: Path::new(&program)
                .file_name()
                .unwrap_or(&program)
                .to_string_lossy()
                .into_owned(),
            deadline: DEFAULT_DEADLINE,
            groups,
        }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&arg.as_ref().to_string_lossy());
        self.inner.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    pub(crate) fn envs(self, vars: &[(String, OsString)]) -> Self {
        vars.iter()
            .fold(self, |cmd, (name, value)| cmd.env(name, value))
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.inner.current_dir(dir);
        self
    }

    /// After this long the whole process group is killed, and the step has failed.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs to its end; an exit code other than 0 is an error.
    pub(crate) fn run(self) -> Result<()> {
        let shown = self.shown.clone();
        let status = self.status(|_line| {}, false)?;
        if !status.success() {
            bail!("`{shown}` failed ({status})");
        }
        Ok(())
    }

    /// Runs to its end and gives each line of its standard output to `on_line`.
    pub(crate) fn lines(self, on_line: impl FnMut(&str)) -> Result<ExitStatus> {
        self.status(on_line, true)
    }

    /// Runs to its end, or until the watch has no time left; then the group is killed and the answer
    /// is `None`.
    pub(crate) fn watch(self, watch: &mut impl Watch) -> Result<Option<ExitStatus>> {
        let shown = self.shown.clone();
        let running = self.start(true)?;
        running.watch(watch).with_context(|| format!("`{shown}`"))
    }

    /// Runs to its end and returns its standard output; an exit code other than 0 is an error.
    pub(crate) fn read(self) -> Result<String> {
        let shown = self.shown.clone();
        let mut text = String::new();
        let status = self.status(
            |line| {
                text.push_str(line);
                text.push('\n');
            },
            true,
        )?;
        if !status.success() {
            bail!("`{shown}` failed ({status})");
        }
        Ok(text)
    }

    /// Like [`Cmd::read`] for a probe: its standard error is not shown, a failure is `None`.
    pub(crate) fn probe(mut self) -> Option<String> {
        self.inner.stderr(Stdio::null());
        self.deadline = self.deadline.min(Duration::from_secs(60));
        self.read().ok()
    }

    /// Starts it and hands it over; its standard output can be read when `piped`.
    pub(crate) fn start(mut self, piped: bool) -> Result<Running> {
        if piped {
            self.inner.stdout(Stdio::piped());
        }
        let child = self
            .inner
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        Ok(Running::new(child, self.groups))
    }

    fn status(self, mut on_line: impl FnMut(&str), piped: bool) -> Result<ExitStatus> {
        let (shown, deadline) = (self.shown.clone(), self.deadline);
        let mut watch = Until {
            deadline: Instant::now() + deadline,
            on_line: &mut on_line,
        };
        let ended = self.start(piped)?.watch(&mut watch);
        ended
            .with_context(|| format!("`{shown}`"))?
            .with_context(|| format!("`{shown}` took longer than {} s; ended", deadline.as_secs()))
    }
}

/// Follows a process while it runs.
pub(crate) trait Watch {
    /// Receives a line of its standard output.
    fn line(&mut self, line: &str);
    /// How long the process may go on without another line.
    fn time_left(&self) -> Duration;
}

/// One deadline for the whole run.
struct Until<'a> {
    deadline: Instant,
    on_line: &'a mut dyn FnMut(&str),
}

impl Watch for Until<'_> {
    fn line(&mut self, line: &str) {
        (self.on_line)(line);
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// `cargo run` sets these for us. Build scripts watch some of them (ring does), and would build
/// again at every change between `cargo xtask` and plain `cargo`.
fn names_that_cargo_run_sets() -> Vec<OsString> {
    std::env::vars_os()
        .map(|(name, _value)| name)
        .filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || [
                    "CARGO_BIN_NAME",
                    "CARGO_CRATE_NAME",
                    "CARGO_PRIMARY_PACKAGE",
                ]
                .contains(&&*name)
        })
        .collect()
}

/// A program's path on `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
        .find(|candidate| candidate.is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str) -> Cmd {
        Cmd::new("sh", Path::new("/"), Groups::default()).args(["-c", script])
    }

    #[test]
    fn lines_come_as_they_are_and_the_exit_code_with_them() {
        let mut lines = Vec::new();
        let status = sh("printf 'one\\r\\ntwo\\nthree'; exit 3")
            .lines(|line| lines.push(line.to_owned()))
            .unwrap();
        assert_eq!(lines, ["one", "two", "three"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn after_the_deadline_nothing_of_the_group_is_left() {
        let started = Instant::now();
        let mut grandchild = String::new();
        let ended = sh("sleep 60 & echo $!; wait")
            .deadline(Duration::from_secs(1))
            .lines(|line| line.clone_into(&mut grandchild));
        let error = ended.unwrap_err().to_string();
        assert!(error.contains("took longer than 1 s"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(30));
        let gone = sh(&format!(
            "for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 {grandchild} 2>/dev/null || exit 0; \
             grep -q '^State:.Z' /proc/{grandchild}/status && exit 0; sleep 0.1; done; exit 1"
        ));
        gone.run().unwrap();
    }

    #[test]
    fn a_stray_that_holds_the_pipe_open_does_not_hold_us() {
        let started = Instant::now();
        let text = sh("sleep 60 & echo done").read().unwrap();
        assert_eq!(text, "done\n");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_cargo_run_sets_is_not_handed_on() {
        assert!(
            std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
            "who runs tests sets it"
        );
        assert_eq!(sh("echo \"[$CARGO_MANIFEST_DIR]\"").read().unwrap(), "[]\n");
    }

    #[test]
    fn a_process_that_ends_before_its_first_line_is_an_error() {
        let running = sh("exit 4").start(true).unwrap();
        let error = running.next_line(Duration::from_secs(30)).unwrap_err();
        assert!(error.to_string().contains("exit status: 4"), "{error}");
    }
}
