//! DuckDB, the independent oracle of answers and the peer of benchmarks: a wheel for Python.

use std::path::PathBuf;

use anyhow::Result;

use super::wheel;
use crate::context::Context;

/// The folder to put on `PYTHONPATH`.
pub(crate) fn find(context: &Context) -> Result<PathBuf> {
    wheel::unpacked(context, "duckdb")
}
