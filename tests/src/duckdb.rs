//! DuckDB, an independent engine: the oracle of answers and the peer of benchmarks.
//!
//! It is Python's package, in the folder that `$EMPMIX_DUCKDB` names, or where `cargo xtask test`
//! keeps it (`~/.cache/empmix/wheels/duckdb-…`).

use std::{ffi::OsStr, path::PathBuf, process::Stdio};

use serde_json::Value;

/// Runs a Python script that imports `duckdb` and prints one JSON value as its last line.
pub fn ask(script: &str, arguments: &[&OsStr]) -> Value {
    let output = empmix_child::command("python3")
        .args(["-c", script])
        .args(arguments)
        .env("PYTHONPATH", package())
        .stdin(Stdio::null())
        .output()
        .expect("python3 starts");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "DuckDB: {stderr}");
    let line = stdout.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

fn package() -> PathBuf {
    if let Some(named) = std::env::var_os("EMPMIX_DUCKDB") {
        return named.into();
    }
    let home = std::env::var_os("HOME").unwrap_or_default();
    let wheels = PathBuf::from(home).join(".cache/empmix/wheels");
    let kept = std::fs::read_dir(&wheels).into_iter().flatten().flatten();
    kept.map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("duckdb-")))
        .expect("DuckDB is needed: run `cargo xtask test`, which fetches it, or set EMPMIX_DUCKDB to the folder of Python's package")
}
