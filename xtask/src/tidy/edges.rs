//! The dependencies between crates: checks those of the workspace against the `table`.

mod metadata;
mod table;

use anyhow::{Result, bail};

use crate::cargo;
use crate::context::Context;
use metadata::Metadata;
use table::{CRATES, FREE, NO_TOKIO, ONLY_IN, family};

/// Reads cargo's own view of the workspace and compares.
pub(super) fn check(context: &Context) -> Result<()> {
    let about = context.cmd("rustc").arg("-vV").read()?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let text = cargo::cargo(context)
        .args(["metadata", "--format-version=1", "--filter-platform"])
        .arg(host.unwrap_or_default())
        .read()?;
    let faults = faults(&serde_json::from_str(&text)?);
    if !faults.is_empty() {
        bail!("\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Every dependency that the table does not allow, as text.
fn faults(metadata: &Metadata) -> Vec<String> {
    let mut faults = Vec::new();
    for package in metadata.members() {
        let name = package.name.as_str();
        if FREE.contains(&name) {
            continue;
        }
        if !CRATES.iter().any(|(known, _)| *known == name) {
            faults.push(format!("{name} is not in the table"));
            continue;
        }
        for dependency in &package.dependencies {
            if let Some(fault) = fault(name, &dependency.name, metadata) {
                faults.push(fault);
            }
        }
        if NO_TOKIO.contains(&name)
            && let Some(path) = metadata.path_to(name, "tokio")
        {
            faults.push(format!("{name} must not know tokio: {}", path.join(" → ")));
        }
    }
    faults
}

/// What is wrong with one direct dependency, if anything is.
fn fault(name: &str, dependency: &str, metadata: &Metadata) -> Option<String> {
    if dependency == name {
        return None; // its own tests switch on its features
    }
    if metadata.members().any(|member| member.name == dependency) {
        let allowed = table::closure(name);
        return (!allowed.contains(dependency))
            .then(|| format!("{name} → {dependency}: there is no such edge"));
    }
    let (_, crates) = ONLY_IN
        .iter()
        .find(|(only, _)| *only == family(dependency))?;
    (!crates.contains(&name)).then(|| {
        format!(
            "{name} → {dependency}: only {} may use it",
            crates.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of two packages; `ui` and what it needs.
    fn workspace(ui_needs: &[&str]) -> Metadata {
        let dependencies: Vec<_> = ui_needs
            .iter()
            .map(|name| serde_json::json!({ "name": name }))
            .collect();
        let nodes: Vec<_> = ui_needs
            .iter()
            .map(|name| serde_json::json!({ "pkg": name, "dep_kinds": [{ "kind": null }] }))
            .collect();
        let package = |id: &str, dependencies| serde_json::json!({ "id": id, "name": id, "dependencies": dependencies });
        serde_json::from_value(serde_json::json!({
            "workspace_members": ["empmix-ui", "empmix-protocol", "empmix-store"],
            "packages": [
                package("empmix-ui", dependencies.into()),
                package("empmix-protocol", serde_json::json!([])),
                package("empmix-store", serde_json::json!([])),
                package("reqwest", serde_json::json!([])),
                package("tokio", serde_json::json!([])),
            ],
            "resolve": { "nodes": [
                { "id": "empmix-ui", "deps": nodes },
                { "id": "empmix-protocol", "deps": [] },
                { "id": "empmix-store", "deps": [] },
                { "id": "reqwest", "deps": [{ "pkg": "tokio", "dep_kinds": [{ "kind": null }] }] },
                { "id": "tokio", "deps": [] },
            ] },
        }))
        .unwrap()
    }

    #[track_caller]
    fn check(ui_needs: &[&str], expect: &[&str]) {
        assert_eq!(faults(&workspace(ui_needs)), expect);
    }

    #[test]
    fn an_edge_of_the_table_is_allowed_and_another_is_not() {
        check(&["empmix-protocol"], &[]);
        check(
            &["empmix-store"],
            &["empmix-ui → empmix-store: there is no such edge"],
        );
    }

    #[test]
    fn a_library_of_another_crate_is_found() {
        check(
            &["axum-extra"],
            &["empmix-ui → axum-extra: only empmix-sidecar may use it"],
        );
    }

    #[test]
    fn tokio_is_found_behind_others() {
        let expect = "empmix-ui must not know tokio: empmix-ui → reqwest → tokio";
        check(&["reqwest"], &[expect]);
    }
}
