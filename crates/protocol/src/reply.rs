//! What the private API answers.

use empmix_model::{
    EpochMs,
    project::Project,
    stored::{EventSchema, StoredEvent},
};
use empmix_query::answer::Engine;
use serde::{Deserialize, Serialize};

/// How the sidecar is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The product's version.
    pub version: String,
    /// The version of the private API ([`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION)); 1 where it is
    /// absent.
    #[serde(default = "crate::version::first")]
    pub protocol: u32,
    /// What this process does: `api`, `consumer`, `console`.
    pub roles: Vec<String>,
    /// The store that answers.
    pub engine: Engine,
    /// The broker: `embedded` or `amqp`.
    pub broker: String,
    /// The URL that SDKs send to, as the sidecar sees itself.
    pub url: String,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// What a `200` promises here, in one sentence.
    pub durability: String,
    /// Whether it can keep the promise now.
    pub ready: bool,
    /// What a person should know, most important first.
    pub warnings: Vec<String>,
}

/// All projects, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projects {
    /// The projects.
    pub projects: Vec<Project>,
}

/// A one-time code that opens the console once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The code.
    pub code: String,
}

/// A project that was just made, with the one sight of its secret key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedProject {
    /// The project.
    #[serde(flatten)]
    pub project: Project,
    /// Its secret key, shown this once.
    pub secret_key: String,
}

/// A key that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedKey {
    /// The key in clear; a secret key is shown this once.
    pub key: String,
}

/// A bearer token in exchange for a one-time code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The token.
    pub token: String,
}

/// Every event and property seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// By count, most frequent first, ties by name.
    pub events: Vec<EventSchema>,
    /// Properties of users; empty in this version.
    pub user_properties: Vec<serde_json::Value>,
}

/// A page of events, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventList {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<String>,
}

/// The outcome of the lines of one import request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The job that tells when everything is stored.
    pub job: empmix_model::ids::JobId,
    /// Lines read (blank ones do not count).
    pub read: u64,
    /// Lines that the broker holds.
    pub accepted: u64,
    /// Lines that were refused.
    pub rejected: Vec<RejectedLine>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedLine {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Why.
    pub message: String,
}

/// How late *Live* is: sent as `event: lagged` when a slow reader missed items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lagged {
    /// Items that were dropped, oldest first.
    pub dropped: u64,
    /// When.
    pub at: EpochMs,
}
