//! `cargo xtask test`: every check there is, cheap ones first, each with a deadline.

mod native;
mod sdk;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::artefacts::Artefacts;
use crate::cargo::{self, Selection};
use crate::console::{self, Profile};
use crate::context::{Context, step};
use crate::outcome::Outcome;
use crate::provision::node::Node;
use crate::provision::{apt, mongod};
use crate::tidy;

/// The options of `test`.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Only tests whose name contains this; nothing but Rust's tests is run then
    filter: Option<String>,
}

/// What the end-to-end tests run on, as they find it in their environment.
struct Ground {
    selection: Selection,
    node: Node,
    mongod: PathBuf,
    chromium: PathBuf,
}

impl Ground {
    fn prepare(context: &Context) -> Result<Self> {
        let selection = Selection::with_desktop(context)?;
        if apt::is_here() {
            apt::install(context, "the tests", apt::TEST)?;
        }
        Ok(Self {
            selection,
            node: Node::find(context)?,
            mongod: mongod::find(context)?,
            chromium: chromium()?,
        })
    }

    fn env(&self, made: &Artefacts) -> Result<Vec<(String, OsString)>> {
        let named = |name: &str, value: OsString| (name.to_owned(), value);
        Ok(vec![
            named("EMPMIX_SIDECAR_BIN", made.program("empmix-sidecar")?.into()),
            named("EMPMIX_APP_BIN", made.program("empmix")?.into()),
            named("EMPMIX_MONGOD", self.mongod.clone().into()),
            named("EMPMIX_CHROMIUM", self.chromium.clone().into()),
            named("EMPMIX_NODE", self.node.program.clone().into()),
            named("PATH", self.node.path.clone()),
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

    /// Prints a line for each stage, and the sum as the last one.
    fn finish(self) -> Result<()> {
        let mut sum = Outcome::default();
        let mut broken = Vec::new();
        println!();
        for mut line in self.0 {
            if line.error.is_some() {
                broken.push(line.stage);
                // A stage that broke down has failed, whatever its runners counted.
                line.outcome.failed = line.outcome.failed.max(1);
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
        println!("{} passed, {} failed", sum.passed, sum.failed);
        if sum.failed > 0 {
            anyhow::bail!("failed: {}", broken.join(", "));
        }
        Ok(())
    }
}

/// `cargo xtask test`.
pub(crate) fn test(context: &Context, args: &TestArgs) -> Result<()> {
    let ground = Ground::prepare(context)?;
    let filter = args.filter.as_deref();
    let mut report = Report::default();
    if filter.is_none() {
        report.stage("tidy", |outcome| tidy::checks(context, &[], outcome));
        report.stage("sdk", |outcome| sdk::test(context, &ground.node, outcome));
    }
    let made = report.stage("build", |outcome| {
        console::build(context, ground.selection, Profile::Dev)?;
        let made = cargo::build(
            context,
            ground.selection,
            &["--bins", "--tests"],
            Duration::from_secs(60 * 60),
        )?;
        *outcome += Outcome::of_one(true);
        Ok(made)
    });
    if let Some(made) = made {
        let env = ground.env(&made)?;
        let (whole, rooms) = native::split(context, &made.tests);
        report.stage("unit", |outcome| {
            native::run(
                context,
                &rooms,
                filter,
                &env,
                Duration::from_secs(15 * 60),
                outcome,
            )
        });
        if filter.is_none() {
            report.stage("docs", |outcome| {
                native::docs(context, ground.selection, outcome)
            });
        }
        report.stage("end-to-end", |outcome| {
            native::run(
                context,
                &whole,
                filter,
                &env,
                Duration::from_secs(20 * 60),
                outcome,
            )
        });
    }
    report.finish()
}
