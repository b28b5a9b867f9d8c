//! `cargo xtask test`: every check there is, cheap ones first, each with a deadline.

mod docs;
mod native;
mod schedule;
mod sdk;
mod seed;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::artefacts::Artefacts;
use crate::cargo::{self, Selection};
use crate::console::{self, Profile};
use crate::context::{Context, step};
use crate::dist;
use crate::outcome::Outcome;
use crate::provision::node::Node;
use crate::provision::{apt, duckdb, mongod};
use crate::stages::seed::Seed;
use crate::tidy;

/// The options of `test`.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Only tests whose name contains this; nothing but Rust's tests is run then
    filter: Option<String>,
    /// The tests that take long instead of the others: hundreds of starts, soaks, long random runs
    #[arg(long, conflicts_with = "stage")]
    nightly: bool,
    /// Only this stage, and the build where it needs one; may be given more than once
    #[arg(long, value_parser = ["tidy", "sdk", "unit", "docs", "end-to-end"])]
    stage: Vec<String>,
}

impl TestArgs {
    fn wants(&self, stage: &str) -> bool {
        if self.nightly {
            return matches!(stage, "unit" | "end-to-end");
        }
        let named = self.stage.is_empty() || self.stage.iter().any(|name| name == stage);
        named && (self.filter.is_none() || matches!(stage, "unit" | "end-to-end"))
    }
}

/// The longest that one test may take, on two busy cores.
const ONE_TEST: Duration = Duration::from_secs(300);
/// The longest that the tests of `--nightly` may take, together and each.
const NIGHTLY: Duration = Duration::from_secs(6 * 60 * 60);
/// Programs with less time than their stage.
const BUDGETS: [(&str, Duration); 1] = [("desktop", Duration::from_secs(5 * 60))];

/// What the end-to-end tests run on, as they find it in their environment.
struct Ground {
    selection: Selection,
    node: Node,
    mongod: PathBuf,
    duckdb: PathBuf,
    chromium: PathBuf,
    /// The accessibility checks, which the browser tests put into the console's page.
    axe: PathBuf,
}

impl Ground {
    fn prepare(context: &Context) -> Result<Self> {
        let selection = Selection::with_desktop(context)?;
        if apt::is_here() {
            apt::install(context, "the tests", apt::TEST)?;
        }
        let node = Node::find(context)?;
        let axe = context.path("tests/axe");
        node.tool(context, "npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .dir(&axe)
            .deadline(Duration::from_secs(5 * 60))
            .run()?;
        Ok(Self {
            selection,
            node,
            axe: axe.join("node_modules/axe-core/axe.min.js"),
            mongod: mongod::find(context)?,
            duckdb: duckdb::find(context)?,
            chromium: chromium()?,
        })
    }

    fn env(&self, made: &Artefacts) -> Result<Vec<(String, OsString)>> {
        let named = |name: &str, value: OsString| (name.to_owned(), value);
        Ok(vec![
            named("EMPMIX_SIDECAR_BIN", made.program("empmix-sidecar")?.into()),
            named("EMPMIX_APP_BIN", made.program("empmix")?.into()),
            named("EMPMIX_MONGOD", self.mongod.clone().into()),
            named("EMPMIX_DUCKDB", self.duckdb.clone().into()),
            named("EMPMIX_CHROMIUM", self.chromium.clone().into()),
            named("EMPMIX_AXE", self.axe.clone().into()),
        ])
    }
}

fn chromium() -> Result<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(crate::process::on_path)
        .ok_or_else(|| anyhow::anyhow!("no Chromium on PATH"))
}

/// What one stage came to.
struct Line {
    stage: &'static str,
    took: Duration,
    outcome: Outcome,
    error: Option<String>,
}

/// The stages so far.
#[derive(Default)]
struct Report(Vec<Line>);

impl Report {
    /// Runs a stage; a failure is kept, so that the cheap stages do not hide the dear ones.
    fn stage<T>(
        &mut self,
        stage: &'static str,
        run: impl FnOnce(&mut Outcome) -> Result<T>,
    ) -> Option<T> {
        step(format!("stage {stage}"));
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let result = run(&mut outcome);
        let (value, error) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        if let Some(error) = &error {
            eprintln!("stage {stage}: {error}");
        }
        self.0.push(Line {
            stage,
            took: started.elapsed(),
            outcome,
            error,
        });
        value
    }

    /// Prints a line for each stage, the names of the tests that failed, and the sum as the last one.
    fn finish(self, seed: &Seed) -> Result<()> {
        let mut sum = Outcome::default();
        let mut broken = Vec::new();
        println!();
        for mut line in self.0 {
            if line.error.is_some() {
                broken.push(line.stage);
                // A stage that broke down has failed, whatever its runners counted.
                if line.outcome.failed == 0 {
                    line.outcome += Outcome::failure(format!("stage {}", line.stage));
                }
            }
            println!(
                "{:<12} {:>5} s  {} passed, {} failed{}",
                line.stage,
                line.took.as_secs(),
                line.outcome.passed,
                line.outcome.failed,
                line.error
                    .map(|error| format!("  ({error})"))
                    .unwrap_or_default(),
            );
            sum += line.outcome;
        }
        for failure in &sum.failures {
            println!("failed: {failure}");
        }
        if sum.failed > 0 {
            println!("repeat a random test: {}", seed.repeat("NAME"));
        }
        println!("{} passed, {} failed", sum.passed, sum.failed);
        if sum.failed > 0 {
            anyhow::bail!("failed: {}", broken.join(", "));
        }
        Ok(())
    }
}

/// `cargo xtask test`.
pub(crate) fn test(context: &Context, args: &TestArgs) -> Result<()> {
    let mut report = Report::default();
    let Some(ground) = report.stage("prepare", |_| Ground::prepare(context)) else {
        return report.finish(&Seed::of_today());
    };
    if args.wants("tidy") {
        report.stage("tidy", |outcome| tidy::checks(context, &[], outcome));
    }
    if args.wants("sdk") {
        report.stage("sdk", |outcome| sdk::test(context, &ground.node, outcome));
    }
    let builds = ["unit", "docs", "end-to-end"]
        .iter()
        .any(|stage| args.wants(stage));
    let seed = Seed::of_today();
    let mut env = seed.env();
    if builds {
        step(format!("random tests: {}", seed.repeat("")));
    }
    if args.nightly {
        // Before the development build: both put their console into the same folder.
        let made = report.stage("release", |_| dist::programs(context, ground.selection));
        let Some(made) = made else {
            return report.finish(&seed);
        };
        env.extend(release_env(&made)?);
        let Some(probe) = report.stage("probe", |_| console::probe(context)) else {
            return report.finish(&seed);
        };
        env.push(("EMPMIX_PROBE".to_owned(), probe.into()));
    }
    if builds && let Some(made) = report.stage("build", |outcome| build(context, &ground, outcome))
    {
        env.extend(ground.env(&made)?);
        rust_tests(context, args, &ground, &made, &env, &mut report);
    }
    report.finish(&seed)
}

/// Where the tests of `--nightly` find the programs as they ship.
fn release_env(made: &Artefacts) -> Result<Vec<(String, OsString)>> {
    let named = [
        ("EMPMIX_RELEASE_SIDECAR_BIN", "empmix-sidecar"),
        ("EMPMIX_RELEASE_APP_BIN", "empmix"),
    ];
    let found = named.map(|(variable, name)| Ok((variable.to_owned(), made.program(name)?.into())));
    found.into_iter().collect()
}

/// The console, all programs and all test programs, in one selection.
fn build(context: &Context, ground: &Ground, outcome: &mut Outcome) -> Result<Artefacts> {
    console::build(context, ground.selection, Profile::Dev)?;
    step("programs and their tests");
    let deadline = Duration::from_secs(40 * 60);
    let made = cargo::build(context, ground.selection, &["--bins", "--tests"], deadline)?;
    *outcome += Outcome::of_one(true);
    Ok(made)
}

fn rust_tests(
    context: &Context,
    args: &TestArgs,
    ground: &Ground,
    made: &Artefacts,
    env: &[(String, OsString)],
    report: &mut Report,
) {
    let (whole, crates) = native::split(context, &made.tests);
    let stages = [("unit", crates, 15), ("end-to-end", whole, 25)];
    for (stage, programs, minutes) in stages {
        if stage == "end-to-end" && args.wants("docs") {
            report.stage("docs", |outcome| {
                docs::test(context, ground.selection, outcome)
            });
        }
        if args.wants(stage) {
            let run = native::Run {
                filter: args.filter.as_deref(),
                nightly: args.nightly,
                env,
                budget: if args.nightly {
                    NIGHTLY
                } else {
                    Duration::from_secs(minutes * 60)
                },
                limit: if args.nightly { NIGHTLY } else { ONE_TEST },
                budgets: &BUDGETS,
            };
            report.stage(stage, |outcome| run.all(context, &programs, outcome));
        }
    }
}
