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

/// Runs test programs, each with a deadline after which it and all it started are killed.
pub(super) fn run(
    context: &Context,
    programs: &[&TestProgram],
    filter: Option<&str>,
    env: &[(String, OsString)],
    deadline: Duration,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut broken = Vec::new();
    for program in programs {
        step(format!("test {}", program.target));
        let started = Instant::now();
        let mut counted = Outcome::default();
        let ended = context
            .cmd(&program.executable)
            .args(filter)
            .dir(&program.package_dir)
            .envs(env)
            .env("CARGO_MANIFEST_DIR", &program.package_dir)
            .deadline(deadline)
            .lines(|line| {
                println!("{line}");
                counted += Outcome::of_line(line).unwrap_or_default();
            });
        let good = matches!(&ended, Ok(status) if status.success());
        if !good && counted.failed == 0 {
            // It broke down, or ran out of time, before it could count.
            counted.failed = 1;
        }
        if let Err(error) = ended {
            eprintln!("{error:#}");
        }
        *outcome += counted;
        if !good {
            broken.push(program.target.as_str());
        }
        if started.elapsed() > Duration::from_secs(10) {
            eprintln!(
                "    {} took {} s",
                program.target,
                started.elapsed().as_secs()
            );
        }
    }
    if !broken.is_empty() {
        bail!("{}", broken.join(", "));
    }
    Ok(())
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
