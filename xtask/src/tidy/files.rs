//! What is under version control: nothing that is built, and text as `.editorconfig` says.

use std::fs;

use anyhow::{Result, bail};

use crate::context::Context;

/// Folders and endings of things that a build makes.
const BUILT: &[&str] = &["target/", "dist/", "ui/dist/", "gen/", "src-tauri/gen/"];
const BUILT_ENDINGS: &[&str] = &[".wasm", ".rlib", ".so", ".o", ".snap.new"];
const BUILT_ANYWHERE: &str = "node_modules/";
/// A clean clone compiles before anything is built.
const PLACEHOLDER: &str = "ui/dist/.gitkeep";

/// Text that people edit.
const TEXT_ENDINGS: &[&str] = &[
    ".rs", ".toml", ".ts", ".js", ".mjs", ".css", ".html", ".json", ".yml", ".yaml", ".sh",
];
/// Text that programs write, or that other projects own: not checked.
const AS_IT_IS: &[&str] = &["sdk/js/dist/", "tests/data/", "package-lock.json", "icons/"];

/// A file may be this large.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The paths under version control, `/` between folders.
pub(crate) fn tracked(context: &Context) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let status = context
        .cmd("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .lines(|line| paths.push(line.to_owned()))?;
    if !status.success() {
        bail!("this is not a git checkout");
    }
    paths.retain(|path| context.path(path).is_file());
    Ok(paths)
}

/// Looks at every file.
pub(super) fn check(context: &Context) -> Result<()> {
    let mut faults = Vec::new();
    for path in tracked(context)? {
        let file = context.path(&path);
        if is_built(&path) {
            faults.push(format!("{path}: built files are not committed"));
        } else if fs::metadata(&file)?.len() > MOST_BYTES && !path.starts_with("tests/data/") {
            faults.push(format!("{path}: larger than {MOST_BYTES} bytes"));
        } else if is_edited_text(&path) {
            let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
            let fault = text_fault(&text);
            faults.extend(fault.map(|(line, fault)| format!("{path}:{line}: {fault}")));
        }
    }
    if !faults.is_empty() {
        bail!("\n  {}", faults.join("\n  "));
    }
    Ok(())
}

fn is_built(path: &str) -> bool {
    path != PLACEHOLDER
        && (BUILT.iter().any(|folder| path.starts_with(folder))
            || BUILT_ENDINGS.iter().any(|ending| path.ends_with(ending))
            || path.contains(BUILT_ANYWHERE))
}

fn is_edited_text(path: &str) -> bool {
    TEXT_ENDINGS.iter().any(|ending| path.ends_with(ending))
        && !AS_IT_IS.iter().any(|part| path.contains(part))
}

/// The first line that breaks a rule, and which.
fn text_fault(text: &str) -> Option<(usize, &'static str)> {
    for (index, line) in text.split('\n').enumerate() {
        if line.ends_with('\r') {
            return Some((index + 1, "a line ends with a carriage return"));
        }
        if line.ends_with([' ', '\t']) {
            return Some((index + 1, "white space at the end of a line"));
        }
    }
    let lines = text.lines().count();
    (!text.is_empty() && !text.ends_with('\n')).then_some((lines, "no line feed at the end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_files_are_distinguished_from_sources() {
        assert!(is_built("ui/dist/empmix_ui_bg.wasm"));
        assert!(is_built("sdk/js/node_modules/x/index.js"));
        assert!(!is_built("ui/dist/.gitkeep"));
        assert!(
            !is_built("sdk/js/dist/empmix.min.js"),
            "committed so that `run` needs no Node"
        );
    }

    #[test]
    fn the_first_fault_of_a_text_is_named_by_its_line() {
        assert_eq!(text_fault("fn a() {}\n"), None);
        assert_eq!(text_fault(""), None);
        assert_eq!(
            text_fault("a\nb "),
            Some((2, "white space at the end of a line"))
        );
        assert_eq!(
            text_fault("a\r\n"),
            Some((1, "a line ends with a carriage return"))
        );
        assert_eq!(text_fault("a\nb"), Some((2, "no line feed at the end")));
    }
}
