//! Rust's tests: the programs of one build, run one after the other as `cargo test` would.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::artefacts::TestProgram;
use crate::cargo::{self, Selection};
use crate::context::{Context, step};
use crate::outcome::Outcome;

/// Splits into the whole-system tests (the package in `tests/`) and those of the rooms.
pub(super) fn split<'a>(
    context: &Context,
    programs: &'a [TestProgram],
) -> (Vec<&'a TestProgram>, Vec<&'a TestProgram>) {
    let whole_system = context.path("tests");
    programs
        .iter()
        .partition(|program| program.package_dir == whole_system)
}

/// How to run test programs.
pub(super) struct Run<'a> {
    /// Only tests whose name contains this.
    pub(super) filter: Option<&'a str>,
    /// What the tests are told of their ground.
    pub(super) env: &'a [(String, OsString)],
    /// Time for all of them; what still runs then is killed with all it started.
    pub(super) budget: Duration,
}

impl Run<'_> {
    /// Runs every program, whatever became of those before it.
    pub(super) fn all(
        &self,
        context: &Context,
        programs: &[&TestProgram],
        outcome: &mut Outcome,
    ) -> Result<()> {
        let started = Instant::now();
        let mut broken = Vec::new();
        for program in programs {
            step(format!("test {}", program.target));
            let deadline = self.budget.saturating_sub(started.elapsed());
            let before = Instant::now();
            let counted = self.one(context, program, deadline);
            let took = before.elapsed();
            if took > Duration::from_secs(10) {
                eprintln!("    {} took {} s", program.target, took.as_secs());
            }
            if counted.failed > 0 {
                broken.push(program.target.as_str());
            }
            *outcome += counted;
        }
        if !broken.is_empty() {
            bail!("{}", broken.join(", "));
        }
        if self.filter.is_none() && *outcome == Outcome::default() {
            bail!("no test was run");
        }
        Ok(())
    }

    fn one(&self, context: &Context, program: &TestProgram, deadline: Duration) -> Outcome {
        let mut counted = Outcome::default();
        let ended = context
            .cmd(&program.executable)
            .args(self.filter)
            .dir(&program.package_dir)
            .envs(self.env)
            .env("CARGO_MANIFEST_DIR", &program.package_dir)
            .deadline(deadline)
            .lines(|line| {
                println!("{line}");
                counted += Outcome::of_line(line).unwrap_or_default();
            });
        if let Err(error) = &ended {
            eprintln!("{error:#}");
        }
        if !matches!(ended, Ok(status) if status.success()) {
            // One that broke down, or ran out of time, could not count.
            counted.failed = counted.failed.max(1);
        }
        counted
    }
}

/// The examples in the documentation.
pub(super) fn docs(context: &Context, selection: Selection, outcome: &mut Outcome) -> Result<()> {
    let status = cargo::cargo(context)
        .args(["test", "--doc"])
        .args(selection.args())
        .deadline(Duration::from_secs(20 * 60))
        .lines(|line| {
            println!("{line}");
            *outcome += Outcome::of_line(line).unwrap_or_default();
        })?;
    if !status.success() {
        bail!("examples in the documentation");
    }
    Ok(())
}
