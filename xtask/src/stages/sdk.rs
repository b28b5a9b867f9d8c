//! The JavaScript SDK: its own tests, and that the committed build is the one of its source.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::outcome::Outcome;
use crate::provision::node::Node;

/// Installs its development tools and runs its scripts.
pub(super) fn test(context: &Context, node: &Node, outcome: &mut Outcome) -> Result<()> {
    let npm = |args: &[&str]| {
        node.tool(context, "npm")
            .args(args)
            .dir(context.path("sdk/js"))
            .deadline(Duration::from_secs(10 * 60))
    };
    npm(&["ci", "--no-audit", "--no-fund"]).run()?;
    let mut broken = Vec::new();
    for script in ["test", "check"] {
        let mut counted = Outcome::default();
        let status = npm(&["run", script]).lines(|line| {
            println!("{line}");
            counted += Outcome::of_line(line).unwrap_or_default();
        })?;
        if counted == Outcome::default() {
            counted = Outcome::of_one(status.success());
        }
        *outcome += counted;
        if !status.success() {
            broken.push(format!("npm run {script}"));
        }
    }
    if !broken.is_empty() {
        bail!("{}", broken.join(", "));
    }
    Ok(())
}
