//! What is stored and sent: events and instructions, the envelope they travel in, identity facts,
//! projects, keys, jobs, warnings and the limits of all of them.
//!
//! Pure data and pure rules. No I/O, no clock, no randomness (callers pass them in); builds for
//! wasm. It must not know HTTP, brokers, stores or reports.
//!
//! | module | holds |
//! | --- | --- |
//! | [`ids`] | project, item, message and job ids; how an item hash is made |
//! | [`item`] | events and instructions as they travel |
//! | [`envelope`] | the message that carries them |
//! | [`identity`] | facts, and the fold from facts to users |
//! | [`project`], [`key`] | tenants and their keys |
//! | [`stored`] | what comes back out of a store |
//! | [`warning`], [`dead`], [`job`] | what was altered, refused or parked; long work |
//! | [`limits`] | every bound in one place |

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
