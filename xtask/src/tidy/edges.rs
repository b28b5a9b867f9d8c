//! The edges between the rooms: the table of docs/ARCHITECTURE.md, checked.

mod metadata;
mod table;

use anyhow::{Result, bail};

use crate::cargo;
use crate::context::Context;
use metadata::Metadata;
use table::{FREE, NO_TOKIO, ONLY_IN, ROOMS, family};

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

/// Everything that goes against the table, in words.
fn faults(metadata: &Metadata) -> Vec<String> {
    let mut faults = Vec::new();
    for package in metadata.members() {
        let name = package.name.as_str();
        if FREE.contains(&name) {
            continue;
        }
        if !ROOMS.iter().any(|(room, _)| *room == name) {
            faults.push(format!("{name} is no room of the table"));
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
fn fault(room: &str, dependency: &str, metadata: &Metadata) -> Option<String> {
    if dependency == room {
        return None; // its own tests switch on its features
    }
    if metadata.members().any(|member| member.name == dependency) {
        let allowed = table::closure(room);
        return (!allowed.contains(dependency))
            .then(|| format!("{room} → {dependency}: there is no such edge"));
    }
    let (_, rooms) = ONLY_IN
        .iter()
        .find(|(only, _)| *only == family(dependency))?;
    (!rooms.contains(&room)).then(|| {
        format!(
            "{room} → {dependency}: only {} may use it",
            rooms.join(", ")
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
    fn a_name_that_belongs_to_another_room_is_found() {
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
