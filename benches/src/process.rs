//! What the kernel says of a process: its time on the processors, and its memory.

use std::time::Duration;

use anyhow::{Context, Result};

/// Ticks per second in `/proc`, on every Linux.
const TICKS: f64 = 100.0;

/// Time on the processors.
#[derive(Clone, Copy)]
pub(crate) struct Cpu(f64);

impl Cpu {
    /// Of a process, since its start.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields);
        let mut times = fields.unwrap_or_default().split_whitespace().skip(11);
        let mut next = || times.next()?.parse::<f64>().ok();
        let ticks = next().zip(next()).context("the times of a process")?;
        Ok(Self((ticks.0 + ticks.1) / TICKS))
    }

    /// The time since then.
    pub(crate) fn since(self, before: Self) -> Duration {
        Duration::from_secs_f64(self.0 - before.0)
    }
}

/// The time since a process was started.
pub(crate) fn age(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields);
    let started = fields.unwrap_or_default().split_whitespace().nth(19);
    let started: f64 = started.context("the start of a process")?.parse()?;
    let uptime = std::fs::read_to_string("/proc/uptime")?;
    let now = uptime.split_whitespace().next();
    let now: f64 = now
        .context("the time since the start of the machine")?
        .parse()?;
    Ok(Duration::from_secs_f64((now - started / TICKS).max(0.0)))
}

/// The process that started a process.
pub(crate) fn parent_of(pid: u32) -> Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(parent.context("the parent of a process")?.trim().parse()?)
}

/// The resident memory of a process, in KiB: all of it, and what it shares with no file.
pub(crate) fn resident(pid: u32) -> Result<[u64; 2]> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        number.with_context(|| format!("{name} of a process"))
    };
    Ok([kib("Rss:")?, kib("Anonymous:")?])
}
