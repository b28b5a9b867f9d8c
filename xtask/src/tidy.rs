//! `cargo xtask tidy`: what needs no build of the programs to be checked. And `audit`.

mod edges;
pub(crate) mod files;
mod packages;
mod sources;
mod unused;
mod words;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::cargo::{self, Selection};
use crate::context::{Context, step};
use crate::outcome::Outcome;
use crate::provision::{deny, typos};

/// The options of `tidy`.
#[derive(Args)]
pub(crate) struct TidyArgs {
    /// Format the code and fix its spelling first
    #[arg(long)]
    fix: bool,
    /// Only these checks [default: all]
    #[arg(value_parser = CHECKS.map(|(name, _check)| name))]
    checks: Vec<String>,
}

/// `cargo xtask tidy`.
pub(crate) fn tidy(context: &Context, args: &TidyArgs) -> Result<()> {
    if args.fix {
        cargo::cargo(context).args(["fmt", "--all"]).run()?;
        let typos = typos::find(context)?;
        context.cmd(typos).arg("--write-changes").run()?;
    }
    let mut outcome = Outcome::default();
    let done = checks(context, &args.checks, &mut outcome);
    println!("{} passed, {} failed", outcome.passed, outcome.failed);
    done
}

type Check = fn(&Context) -> Result<()>;

/// All checks, cheap ones first.
const CHECKS: [(&str, Check); 9] = [
    ("format", format),
    ("files", files::check),
    ("sources", sources::check),
    ("edges", edges::check),
    ("unused", unused::check),
    ("words", words::check),
    ("spelling", spelling),
    ("packages", packages::check),
    ("lints", lints),
];

/// Makes all checks, or those that are named; every one is made, whatever the others say.
pub(crate) fn checks(context: &Context, only: &[String], outcome: &mut Outcome) -> Result<()> {
    let mut broken = Vec::new();
    for (name, check) in CHECKS {
        if !only.is_empty() && !only.iter().any(|named| named == name) {
            continue;
        }
        step(format!("tidy: {name}"));
        let done = check(context);
        let Err(error) = done else {
            *outcome += Outcome::of_one(true);
            continue;
        };
        *outcome += Outcome::failure(format!("tidy: {name}"));
        eprintln!("tidy: {name}: {error:#}");
        broken.push(name);
    }
    if !broken.is_empty() {
        bail!("{}", broken.join(", "));
    }
    Ok(())
}

fn format(context: &Context) -> Result<()> {
    cargo::cargo(context)
        .args(["fmt", "--all", "--check"])
        .run()
}

fn lints(context: &Context) -> Result<()> {
    cargo::cargo(context)
        .arg("clippy")
        .args(Selection::of_this_machine(context).args())
        .args(["--all-targets", "--", "-D", "warnings"])
        .deadline(Duration::from_secs(40 * 60))
        .run()
}

fn spelling(context: &Context) -> Result<()> {
    context.cmd(typos::find(context)?).run()
}

/// `cargo xtask audit`.
pub(crate) fn audit(context: &Context) -> Result<()> {
    let deny = deny::find(context)?;
    step("advisories: fetching the database");
    let fetched = context
        .cmd(&deny)
        .args(["--workspace", "fetch", "db"])
        .deadline(Duration::from_secs(3 * 60))
        .run();
    if let Err(error) = fetched {
        eprintln!("{error:#}");
        println!("advisories: not checked (no database)");
        bail!("the database of advisories cannot be fetched");
    }
    context
        .cmd(deny)
        .args(["--workspace", "--offline", "check"])
        .run()?;
    println!("advisories: checked");
    Ok(())
}
