//! The examples in the documentation, which rustdoc builds and runs.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::cargo::{self, Selection};
use crate::context::{Context, step};
use crate::outcome::Outcome;
use crate::tidy::files;

/// Runs them; rustdoc is not started where no source has one, since it reads every crate.
pub(super) fn test(context: &Context, selection: Selection, outcome: &mut Outcome) -> Result<()> {
    if !any_example(context)? {
        step("no source has an example");
        return Ok(());
    }
    let status = cargo::cargo(context)
        .args(["test", "--doc"])
        .args(selection.args())
        .deadline(Duration::from_secs(20 * 60))
        .lines(|line| {
            println!("{line}");
            *outcome += Outcome::of_line(line).unwrap_or_default();
        })
        .context("examples in the documentation")?;
    if !status.success() {
        bail!("examples in the documentation");
    }
    Ok(())
}

fn any_example(context: &Context) -> Result<bool> {
    for path in files::tracked(context)? {
        if path.ends_with(".rs") {
            let text = fs::read_to_string(context.path(&path)).with_context(|| path.clone())?;
            if has_example(&text) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a block of code in a doc comment is Rust: rustdoc takes it for an example unless its first
/// line names another language.
fn has_example(source: &str) -> bool {
    let fences = source.lines().filter_map(|line| {
        let line = line.trim_start();
        let text = line.strip_prefix("///").or(line.strip_prefix("//!"))?;
        text.trim_start().strip_prefix("```")
    });
    // Every other fence closes a block.
    fences.step_by(2).any(|language| {
        let mut words = language.split([',', ' ']).filter(|word| !word.is_empty());
        words.all(|word| {
            matches!(word, "rust" | "no_run" | "should_panic" | "compile_fail")
                || word.starts_with("edition")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::has_example;

    #[test]
    fn an_example_is_a_block_of_rust() {
        assert!(has_example("/// ```\n/// assert!(true);\n/// ```"));
        assert!(has_example("    //! ```rust,no_run\n    //! ```"));
        assert!(!has_example("//! ```text\n//! a\n//! ```\nfn a() {}"));
        assert!(!has_example("let fence = \"```\";"));
        assert!(has_example("/// ```json\n/// ```\n/// ```\n/// ```"));
    }
}
