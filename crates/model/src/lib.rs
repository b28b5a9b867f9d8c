//! The stored and sent types: events and instructions, the envelope that carries them, identity
//! facts, projects, keys, jobs and warnings, and their limits.
//!
//! The crate contains only types and pure functions, without I/O; callers pass in time and
//! randomness. It builds for wasm. It must not know HTTP, brokers, stores or reports.
//!
//! | module | content |
//! | --- | --- |
//! | [`ids`] | project, item, message and job ids; the definition of the item hash |
//! | [`item`] | events and instructions |
//! | [`envelope`] | the message that carries them |
//! | [`identity`] | facts, and the fold from facts to users |
//! | [`project`], [`key`] | tenants and their keys |
//! | [`stored`] | the types that stores return |
//! | [`warning`], [`dead`], [`job`] | altered and refused items; dead letters; long-running operations |
//! | [`limits`] | all limits |

pub mod dead;
pub mod envelope;
pub mod identity;
pub mod ids;
pub mod item;
pub mod job;
pub mod key;
pub mod limits;
pub mod project;
pub mod stored;
pub mod warning;

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z.
pub type EpochMs = i64;

/// The properties of an event or a profile: names to JSON values, numbers normalised to f64.
pub type Properties = serde_json::Map<String, serde_json::Value>;

/// Milliseconds in a UTC day.
pub const DAY_MS: i64 = 86_400_000;
