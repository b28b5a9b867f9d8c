//! Rust's tests: the programs of one build, with a deadline for each test.
//!
//! As under `cargo test` the programs run one after the other, but for those whose tests mostly wait:
//! these run beside them, in a second row. Windows and browsers come last and have the machine for
//! themselves.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::schedule::Schedule;
use crate::artefacts::TestProgram;
use crate::context::{Context, step};
use crate::outcome::Outcome;
use crate::process::Watch;

/// Tests of a program that run at the same time. A window or a browser wants a core of its own.
const THREADS: usize = 2;
/// Tests of a program that run at the same time where they mostly wait: for elections, for servers that
/// stand still, for what must not come.
const PATIENT_THREADS: usize = 4;
/// Programs whose tests mostly wait.
const PATIENT: [&str; 6] = [
    "broker_amqp_faults",
    "lifecycle",
    "live_streams",
    "power_loss",
    "store_mongo_faults",
    "store_mongo_majority",
];
/// Programs that show windows, whose frames must come in time.
const WINDOWS: [&str; 5] = [
    "accessibility",
    "console",
    "desktop",
    "starts",
    "wasm_probe",
];

/// Splits into the whole-system tests (the package in `tests/`) and those of the crates.
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
    /// The tests that are marked `#[ignore]` instead of the others.
    pub(super) nightly: bool,
    /// Servers and programs that the tests find in their environment.
    pub(super) env: &'a [(String, OsString)],
    /// Time for all programs together.
    pub(super) budget: Duration,
    /// Time for one test.
    pub(super) limit: Duration,
    /// Time for one program, where it has less than the others.
    pub(super) budgets: &'a [(&'a str, Duration)],
}

impl Run<'_> {
    /// Runs every program, also after one that failed.
    pub(super) fn all(
        &self,
        context: &Context,
        programs: &[&TestProgram],
        outcome: &mut Outcome,
    ) -> Result<()> {
        let end = Instant::now() + self.budget;
        let (windows, others) = is_one_of(&WINDOWS, programs);
        let (patient, busy) = is_one_of(&PATIENT, &others);
        let counted = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| self.each(context, &patient, end));
            let counted = self.each(context, &busy, end);
            let waited = waiting.join();
            let waited =
                waited.unwrap_or_else(|_| Outcome::failure("a thread of the runner panicked"));
            [counted, waited]
        });
        let counted = counted
            .into_iter()
            .chain([self.each(context, &windows, end)]);
        counted.for_each(|counted| *outcome += counted);
        if !outcome.failures.is_empty() {
            bail!("tests failed");
        }
        if self.filter.is_none() && *outcome == Outcome::default() {
            bail!("no test was run");
        }
        Ok(())
    }

    /// Runs programs one after the other.
    fn each(&self, context: &Context, programs: &[&TestProgram], end: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        for program in programs {
            let before = Instant::now();
            let own = self
                .budgets
                .iter()
                .find(|(name, _)| *name == program.target);
            let deadline = own.map_or(end, |(_, budget)| end.min(before + *budget));
            outcome += self.one(context, program, deadline);
            let took = before.elapsed();
            if took > Duration::from_secs(10) {
                eprintln!("    {} took {} s", program.target, took.as_secs());
            }
        }
        outcome
    }

    /// Runs a program's tests; those that a hung or crashed run left are run again without it.
    fn one(&self, context: &Context, program: &TestProgram, deadline: Instant) -> Outcome {
        let mut left = match self.list(context, program) {
            Ok(tests) => tests,
            Err(error) => return Outcome::failure(format!("{}: {error:#}", program.target)),
        };
        let mut outcome = Outcome::default();
        while !left.is_empty() {
            step(format!("test {}", program.target));
            let mut progress = Progress {
                schedule: Schedule::new(left.clone(), threads(program), self.limit, Instant::now()),
                deadline,
                program: &program.target,
                outcome: Outcome::default(),
            };
            let ended = self
                .command(context, program)
                .args(["--exact"])
                .args(self.nightly.then_some("--include-ignored"))
                // Their figures are results.
                .args(self.nightly.then_some("--show-output"))
                .args(&left)
                .watch(&mut progress);
            let (at_fault, others) = progress.schedule.split(Instant::now());
            outcome += progress.outcome;
            let why = match &ended {
                Ok(None) => "did not end in time".to_owned(),
                Ok(Some(status)) => format!("the program ended ({status}) while it ran"),
                Err(error) => format!("{error:#}"),
            };
            for name in &at_fault {
                eprintln!("test {name}: {why}");
                outcome += Outcome::failure(format!("{} {name}: {why}", program.target));
            }
            if !matches!(&ended, Ok(Some(status)) if status.success())
                && outcome.failures.is_empty()
            {
                outcome += Outcome::failure(format!("{}: {why}", program.target));
            }
            left = others;
            if Instant::now() >= deadline && !left.is_empty() {
                let why = format!(
                    "{}: no time was left for {}",
                    program.target,
                    left.join(", ")
                );
                outcome += Outcome::failure(why);
                break;
            }
        }
        outcome
    }

    /// The names of the tests to run, in libtest's order.
    fn list(&self, context: &Context, program: &TestProgram) -> Result<Vec<String>> {
        let list = |ignored: bool| -> Result<Vec<String>> {
            let text = self
                .command(context, program)
                .args(["--list", "--format", "terse"])
                .args(ignored.then_some("--ignored"))
                .args(self.filter)
                .deadline(Duration::from_secs(60))
                .read()?;
            let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
            Ok(names.map(str::to_owned).collect())
        };
        let ignored = list(true)?;
        if self.nightly {
            return Ok(ignored);
        }
        if !ignored.is_empty() {
            eprintln!(
                "    {}: left to --nightly: {}",
                program.target,
                ignored.join(", ")
            );
        }
        let mut all = list(false)?;
        all.retain(|name| !ignored.contains(name));
        Ok(all)
    }

    fn command(&self, context: &Context, program: &TestProgram) -> crate::process::Cmd {
        context
            .cmd(&program.executable)
            .args([format!("--test-threads={}", threads(program))])
            .dir(&program.package_dir)
            .envs(self.env)
            .env("CARGO_MANIFEST_DIR", &program.package_dir)
    }
}

/// Those that are named, and the others.
fn is_one_of<'a>(
    names: &[&str],
    programs: &[&'a TestProgram],
) -> (Vec<&'a TestProgram>, Vec<&'a TestProgram>) {
    let is_named = |program: &&TestProgram| names.contains(&program.target.as_str());
    programs.iter().copied().partition(is_named)
}

fn threads(program: &TestProgram) -> usize {
    match PATIENT.contains(&program.target.as_str()) {
        true => PATIENT_THREADS,
        false => THREADS,
    }
}

/// What a running program has told so far.
struct Progress<'a> {
    schedule: Schedule,
    deadline: Instant,
    program: &'a str,
    outcome: Outcome,
}

impl Watch for Progress<'_> {
    fn line(&mut self, line: &str) {
        println!("{line}");
        let Some((name, passed)) = test_line(line) else {
            return;
        };
        self.schedule.ended(name, Instant::now());
        self.outcome += if passed {
            Outcome::of_one(true)
        } else {
            Outcome::failure(format!("{} {name}", self.program))
        };
    }

    fn time_left(&self) -> Duration {
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        left.min(self.schedule.time_left(now))
    }
}

/// A test's name and whether it passed, from libtest's line `test NAME ... ok`.
fn test_line(line: &str) -> Option<(&str, bool)> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    match result {
        "ok" => Some((name, true)),
        _ if result.starts_with("FAILED") => Some((name, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::test_line;

    #[test]
    fn lines_of_tests_are_recognised() {
        assert_eq!(
            test_line("test store::writes ... ok"),
            Some(("store::writes", true))
        );
        assert_eq!(test_line("test a ... FAILED"), Some(("a", false)));
        assert_eq!(test_line("test b - should panic ... ok"), Some(("b", true)));
        assert_eq!(test_line("test c ... ignored, nightly"), None);
        assert_eq!(test_line("test result: ok. 3 passed; 0 failed"), None);
    }
}
