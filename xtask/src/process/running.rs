//! A child that runs: its lines, its end, and its group, which goes when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::Watch;
use super::groups::{Groups, signal_group};

/// What a running child reports.
enum Event {
    Line(String),
    Ended(std::io::Result<ExitStatus>),
}

/// Reads a child's lines and waits for its end, on threads of their own.
fn watch(mut child: Child) -> mpsc::Receiver<Event> {
    let (send, receive) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        let send = send.clone();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(stdout).split(b'\n');
            while let Some(Ok(line)) = lines.next() {
                let text = String::from_utf8_lossy(&line);
                let line = text.trim_end_matches('\r').to_owned();
                if send.send(Event::Line(line)).is_err() {
                    return;
                }
            }
        });
    }
    std::thread::spawn(move || send.send(Event::Ended(child.wait())));
    receive
}

/// A process that was started. Its whole group is killed when this is dropped.
pub(crate) struct Running {
    group: u32,
    events: mpsc::Receiver<Event>,
    groups: Groups,
}

impl Running {
    /// Takes over a child that was started.
    pub(super) fn new(child: Child, groups: Groups) -> Self {
        groups.lock().insert(child.id());
        Self {
            group: child.id(),
            events: watch(child),
            groups,
        }
    }

    /// Waits for the next line of standard output.
    pub(crate) fn next_line(&self, deadline: Duration) -> Result<String> {
        match self.events.recv_timeout(deadline) {
            Ok(Event::Line(line)) => Ok(line),
            Ok(Event::Ended(status)) => bail!("it ended before it was ready ({})", status?),
            Err(_) => bail!("not ready after {} s", deadline.as_secs()),
        }
    }

    /// Follows it to its end; `None` when the watch had no time left.
    pub(super) fn watch(&self, watch: &mut impl Watch) -> Result<Option<ExitStatus>> {
        let mut ended = None;
        loop {
            // Once it has ended, what is left in the pipe comes at once, or a stray holds it open.
            let left = match ended {
                Some(_) => Duration::from_secs(2),
                None => watch.time_left(),
            };
            match self.events.recv_timeout(left) {
                Ok(Event::Line(line)) => watch.line(&line),
                Ok(Event::Ended(status)) => ended = Some(status.context("waiting for it")?),
                Err(RecvTimeoutError::Disconnected) if ended.is_none() => {
                    bail!("it did not say how it ended")
                }
                Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {
                    return Ok(ended);
                }
            }
        }
    }

    /// Shows what it says until it ends, without a deadline: it is what the user came for.
    pub(crate) fn wait(self) -> Result<ExitStatus> {
        for event in &self.events {
            match event {
                Event::Line(line) => println!("{line}"),
                Event::Ended(status) => return Ok(status?),
            }
        }
        bail!("a process did not say how it ended")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        signal_group(self.group, true);
        self.groups.lock().remove(&self.group);
    }
}
