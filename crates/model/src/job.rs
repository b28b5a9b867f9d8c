//! Jobs: long work with progress, such as an import.
//!
//! A job of an import knows two sets of parts: those that the broker accepted and those that the
//! store holds. Both are sets, so a part that is sent or delivered twice counts once, and the job
//! is done when it is closed and every accepted part is stored.

use serde::{Deserialize, Serialize};

use crate::{
    EpochMs,
    ids::{JobId, ProjectId},
};

/// A piece of long work and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The project it works on.
    pub project: ProjectId,
    /// What it is.
    pub kind: JobKind,
    /// How it stands.
    pub state: JobState,
    /// Parts that are durable in the store.
    pub done: u64,
    /// Parts that were accepted so far.
    pub total: u64,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// When it began.
    pub created_at: EpochMs,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Events are read from a file.
    Import,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// More parts may come.
    Running,
    /// Every part was accepted; some are not stored yet.
    Closing,
    /// Everything is stored.
    Done,
    /// Stopped by a user; what was accepted stays.
    Cancelled,
    /// It could not go on.
    Failed,
}
