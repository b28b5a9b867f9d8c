//! Libraries that belong to one folder of a room: no other source file names them.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::files;
use crate::context::Context;

/// A library, the crate that has it among its dependencies, and where in its `src` it may be named.
const RULES: &[(&str, &str, &[&str])] = &[
    ("lapin", "crates/broker/src", &["amqp"]),
    ("rusqlite", "crates/broker/src", &["embedded"]),
];

/// Looks through the sources under version control.
pub(super) fn check(context: &Context) -> Result<()> {
    let mut faults = Vec::new();
    for path in files::tracked(context)?
        .iter()
        .filter(|path| path.ends_with(".rs"))
    {
        let rules = RULES.iter().filter(|rule| is_outside(path, rule));
        for (library, src, modules) in rules {
            let text = fs::read_to_string(context.path(path)).with_context(|| path.clone())?;
            if let Some(line) = text.lines().position(|line| names(line, library)) {
                faults.push(format!(
                    "{path}:{}: {library} is only for {src}/{}",
                    line + 1,
                    modules.join(", ")
                ));
            }
        }
    }
    if !faults.is_empty() {
        bail!("\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Whether a rule forbids its library in this file: `amqp.rs` and `amqp/…` are the module `amqp`.
fn is_outside(path: &str, (_library, src, modules): &(&str, &str, &[&str])) -> bool {
    let Ok(inside) = Path::new(path).strip_prefix(src) else {
        return false;
    };
    let module = inside
        .iter()
        .next()
        .map(|first| first.to_string_lossy().trim_end_matches(".rs").to_owned());
    !module.is_some_and(|module| modules.contains(&module.as_str()))
}

/// Whether a line of code, comments left aside, names a library as the start of a path.
fn names(line: &str, library: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(library).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + library.len()..];
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"');
        let is_used = before == Some(' ') && code.trim_start().starts_with("use ");
        starts && (after.starts_with("::") || (is_used && after.starts_with([';', ' '])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_library_is_found_and_a_mention_is_not() {
        assert!(names("use mongodb::bson::doc;", "mongodb"));
        assert!(names(
            "    Mongo(#[from] mongodb::error::Error),",
            "mongodb"
        ));
        assert!(names("use lapin as rabbit;", "lapin"));
        assert!(!names("// mongodb::Client is in mongo/", "mongodb"));
        assert!(!names("scheme == \"mongodb://\"", "mongodb"));
        assert!(!names("my_mongodb::open()", "mongodb"));
    }

    #[test]
    fn a_rule_is_of_a_module_and_all_below_it() {
        let rule = ("lapin", "crates/broker/src", &["amqp"][..]);
        assert!(!is_outside("crates/broker/src/amqp.rs", &rule));
        assert!(!is_outside("crates/broker/src/amqp/publish.rs", &rule));
        assert!(is_outside("crates/broker/src/error.rs", &rule));
        assert!(is_outside("crates/broker/src/amqp_like.rs", &rule));
        assert!(
            !is_outside("crates/store/src/error.rs", &rule),
            "another crate's file"
        );
    }
}
