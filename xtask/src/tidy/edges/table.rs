//! The table itself.

use std::collections::BTreeSet;

/// Which crates a crate is built on. It may also use what those are built on.
pub(super) const CRATES: &[(&str, &[&str])] = &[
    ("empmix-model", &[]),
    ("empmix-query", &["empmix-model"]),
    ("empmix-protocol", &["empmix-query"]),
    ("empmix-ingest", &["empmix-model"]),
    ("empmix-layout", &[]),
    ("empmix-backoff", &[]),
    ("empmix-alarm", &[]),
    (
        "empmix-broker",
        &[
            "empmix-alarm",
            "empmix-backoff",
            "empmix-layout",
            "empmix-model",
        ],
    ),
    ("empmix-engine", &["empmix-query"]),
    ("empmix-store", &["empmix-query"]),
    (
        "empmix-store-local",
        &[
            "empmix-alarm",
            "empmix-engine",
            "empmix-layout",
            "empmix-store",
        ],
    ),
    (
        "empmix-store-mongo",
        &["empmix-alarm", "empmix-backoff", "empmix-store"],
    ),
    ("empmix-consumer", &["empmix-broker", "empmix-store"]),
    (
        "empmix-service",
        &["empmix-protocol", "empmix-broker", "empmix-store"],
    ),
    ("empmix-ui", &["empmix-backoff", "empmix-protocol"]),
    (
        "empmix-sidecar",
        &[
            "empmix-ingest",
            "empmix-consumer",
            "empmix-service",
            "empmix-broker",
            "empmix-store-local",
            "empmix-store-mongo",
        ],
    ),
    ("empmix-child", &[]),
    (
        "empmix",
        &["empmix-backoff", "empmix-child", "empmix-protocol"],
    ),
];

/// Packages that may use any crate, and that no crate may use.
pub(super) const FREE: &[&str] = &[
    "empmix-tests",
    "empmix-probe",
    "empmix-benches",
    "empmix-bindgen",
    "xtask",
];

/// Crates that stay free of a runtime, and so build for wasm or run on plain threads.
pub(super) const NO_TOKIO: &[&str] = &[
    "empmix-ui",
    "empmix-engine",
    "empmix-ingest",
    "empmix-model",
    "empmix-query",
    "empmix-protocol",
];

/// Libraries, by family, and the crates that keep them to themselves.
pub(super) const ONLY_IN: &[(&str, &[&str])] = &[
    ("tauri", &["empmix"]),
    ("keyring", &["empmix"]),
    ("axum", &["empmix-sidecar"]),
    ("notify", &["empmix-sidecar"]),
    ("lapin", &["empmix-broker"]),
    ("mongodb", &["empmix-store-mongo"]),
    ("bson", &["empmix-store-mongo"]),
    (
        "rusqlite",
        &[
            "empmix-broker",
            "empmix-layout",
            "empmix-sidecar",
            "empmix-store-local",
        ],
    ),
    ("egui", &["empmix-ui"]),
    ("eframe", &["empmix-ui"]),
];

/// The family of a library: `tauri-build` and `tauri_plugin` are of `tauri`.
pub(super) fn family(library: &str) -> &str {
    library.split(['-', '_']).next().unwrap_or(library)
}

/// The crates a crate may use, directly or through others.
pub(super) fn closure(name: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = vec![name];
    while let Some(next) = open.pop() {
        let built_on = CRATES.iter().find(|(name, _)| *name == next);
        for &below in built_on.map_or(&[][..], |(_, below)| below) {
            if found.insert(below) {
                open.push(below);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::closure;

    #[test]
    fn a_crate_may_use_what_its_crates_use() {
        let store: Vec<_> = closure("empmix-store").into_iter().collect();
        assert_eq!(store, ["empmix-model", "empmix-query"]);
        assert!(closure("empmix-model").is_empty());
    }
}
