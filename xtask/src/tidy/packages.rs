//! Licences, sources and version requirements of all packages, by the lists in `deny.toml`.
//!
//! It reads `cargo metadata` and takes a second; cargo-deny, which reads licence files too, takes
//! five minutes to build and serves `cargo xtask audit`.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::cargo;
use crate::context::Context;

/// What `deny.toml` says.
#[derive(Deserialize)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// None for a package of this repository.
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    path: Option<String>,
}

/// Compares every package of every platform with the rules.
pub(super) fn check(context: &Context) -> Result<()> {
    let rules = fs::read_to_string(context.path("deny.toml")).context("deny.toml")?;
    let rules: Rules = toml::from_str(&rules).context("deny.toml")?;
    let allowed = licensees(&rules.licenses.allow)?;
    let mut all = BTreeSet::new();
    for target in &rules.graph.targets {
        // One at a time: cargo 1.95 panics on several.
        let metadata = cargo::cargo(context)
            .args(["metadata", "--format-version=1", "--locked"])
            .args(["--filter-platform", target])
            .read()?;
        all.extend(faults(&serde_json::from_str(&metadata)?, &allowed));
    }
    if !all.is_empty() {
        let all: Vec<String> = all.into_iter().collect();
        bail!("\n  {}", all.join("\n  "));
    }
    Ok(())
}

fn licensees(allow: &[String]) -> Result<Vec<Licensee>> {
    let parse = |text: &String| Licensee::parse(text).with_context(|| format!("deny.toml: {text}"));
    allow.iter().map(parse).collect()
}

fn faults(metadata: &Metadata, allowed: &[Licensee]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut registries = BTreeSet::new();
    for package in &metadata.packages {
        let name = format!("{} {}", package.name, package.version);
        match &package.source {
            None => faults.extend(wildcards(package)),
            Some(source) if source.starts_with("registry+") => {
                registries.insert(source);
                let fault = license_fault(package.license.as_deref(), allowed);
                faults.extend(fault.map(|fault| format!("{name}: {fault}")));
            }
            Some(source) => faults.push(format!("{name} comes from {source}, not from a registry")),
        }
    }
    if registries.len() > 1 {
        faults.push(format!(
            "packages come from several registries: {registries:?}"
        ));
    }
    faults
}

fn wildcards(package: &Package) -> impl Iterator<Item = String> {
    let open = package.dependencies.iter();
    let open = open.filter(|dependency| dependency.req == "*" && dependency.path.is_none());
    open.map(|dependency| format!("{} takes any version of {}", package.name, dependency.name))
}

fn license_fault(license: Option<&str>, allowed: &[Licensee]) -> Option<String> {
    let Some(license) = license else {
        return Some("names no licence".to_owned());
    };
    let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else {
        return Some(format!("the licence {license:?} is not an SPDX expression"));
    };
    let fits = expression.evaluate(|required| allowed.iter().any(|one| one.satisfies(required)));
    (!fits).then(|| format!("the licence {license:?} is not in the list of deny.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(license: Option<&str>, source: Option<&str>, req: &str) -> Metadata {
        let dependency = serde_json::json!({"name": "serde", "req": req, "path": null});
        let package = serde_json::json!({"name": "a", "version": "1.0.0", "license": license,
            "source": source, "dependencies": [dependency]});
        serde_json::from_value(serde_json::json!({ "packages": [package] })).unwrap()
    }

    #[track_caller]
    fn check(metadata: &Metadata, expect: &[&str]) {
        let allowed = licensees(&["MIT".to_owned(), "Apache-2.0".to_owned()]).unwrap();
        assert_eq!(faults(metadata, &allowed), expect);
    }

    #[test]
    fn a_licence_must_be_on_the_list() {
        let registry = Some("registry+somewhere");
        check(&package(Some("MIT"), registry, "^1"), &[]);
        check(
            &package(Some("GPL-3.0 OR MIT/Apache-2.0"), registry, "^1"),
            &[],
        );
        let fault = "a 1.0.0: the licence \"GPL-3.0-only\" is not in the list of deny.toml";
        check(&package(Some("GPL-3.0-only"), registry, "^1"), &[fault]);
        check(
            &package(Some("MIT AND ISC"), registry, "^1"),
            &["a 1.0.0: the licence \"MIT AND ISC\" is not in the list of deny.toml"],
        );
        check(
            &package(None, registry, "^1"),
            &["a 1.0.0: names no licence"],
        );
    }

    #[test]
    fn sources_and_requirements_are_checked() {
        let fault = "a 1.0.0 comes from git+ssh://x, not from a registry";
        check(&package(Some("MIT"), Some("git+ssh://x"), "^1"), &[fault]);
        check(&package(None, None, "*"), &["a takes any version of serde"]);
    }
}
