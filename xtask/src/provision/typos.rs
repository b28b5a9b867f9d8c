//! The spelling checker, a wheel.

use std::path::PathBuf;

use anyhow::Result;

use super::wheel;
use crate::context::Context;

/// Its path.
pub(crate) fn find(context: &Context) -> Result<PathBuf> {
    Ok(wheel::unpacked(context, "typos")?.join("bin/typos"))
}
