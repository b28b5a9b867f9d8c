//! Dependencies that a package names and does not use.
//!
//! A dependency is used when its name stands as a path in a source file of the package: in code, not
//! in a comment. That misses nothing that compiles, needs no build, and takes a second.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use regex::Regex;
use serde::Deserialize;

use super::files;
use crate::cargo;
use crate::context::Context;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    src_path: String,
}

/// Reads the manifests and the sources.
pub(super) fn check(context: &Context) -> Result<()> {
    let metadata = cargo::cargo(context)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .read()?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    let mut sources = BTreeMap::new();
    for path in files::tracked(context)? {
        if path.ends_with(".rs") {
            let file = context.path(&path);
            let text = fs::read_to_string(&file).with_context(|| path.clone())?;
            sources.insert(file.to_string_lossy().into_owned(), text);
        }
    }
    let unused: Vec<String> = metadata
        .packages
        .iter()
        .flat_map(|package| unused(package, &sources))
        .collect();
    if !unused.is_empty() {
        bail!("\n  {}", unused.join("\n  "));
    }
    Ok(())
}

fn unused(package: &Package, sources: &BTreeMap<String, String>) -> Vec<String> {
    // The folders of the targets: src/, tests/, benches/, and build.rs itself.
    let folders: Vec<&Path> = package
        .targets
        .iter()
        .filter_map(|target| Path::new(&target.src_path).parent())
        .collect();
    let own = |path: &str| {
        folders
            .iter()
            .any(|folder| Path::new(path).starts_with(folder))
    };
    let texts: Vec<&String> = sources
        .iter()
        .filter(|(path, _)| own(path))
        .map(|(_, text)| text)
        .collect();
    let mut unused: Vec<String> = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.name != package.name) // its own tests switch on its features
        .filter(|dependency| !texts.iter().any(|text| names(text, dependency)))
        .map(|dependency| format!("{} does not use {}", package.name, dependency.name))
        .collect();
    unused.sort();
    unused.dedup();
    unused
}

/// Whether a line of code names the dependency: as a path, in a `use`, or as an attribute.
fn names(text: &str, dependency: &Dependency) -> bool {
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    let word = format!(r"\b{}\b", regex::escape(&name.replace('-', "_")));
    let Ok(word) = Regex::new(&word) else {
        return true;
    };
    let code = text.lines().map(|line| line.split("//").next());
    code.flatten().any(|line| word.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(dependencies: &[&str]) -> Package {
        let named = |name: &&str| serde_json::json!({"name": name, "rename": null});
        let dependencies: Vec<_> = dependencies.iter().map(named).collect();
        let package = serde_json::json!({"name": "a", "dependencies": dependencies,
            "targets": [{"src_path": "/a/src/lib.rs"}]});
        serde_json::from_value(package).unwrap()
    }

    #[track_caller]
    fn check(source: &str, expect: &[&str]) {
        let sources = BTreeMap::from([
            ("/a/src/sub/mod.rs".to_owned(), source.to_owned()),
            (
                "/b/src/lib.rs".to_owned(),
                "use serde_json::Value;".to_owned(),
            ),
        ]);
        assert_eq!(unused(&package(&["serde-json"]), &sources), expect);
    }

    #[test]
    fn a_dependency_that_no_code_names_is_found() {
        check("use serde_json::Value;", &[]);
        check("let x = serde_json::json!({});", &[]);
        check("// serde_json is for later", &["a does not use serde-json"]);
        check("use my_serde_json::Value;", &["a does not use serde-json"]);
    }
}
