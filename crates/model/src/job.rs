//! Jobs: long-running operations with progress, such as an import.
//!
//! An import job has two sets of parts: those that the broker accepted and those that the store
//! contains. Both are sets, so a part that is sent or delivered twice counts once. The job is done
//! when it is closed and every accepted part is stored.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::{
    EpochMs,
    ids::{JobId, ProjectId},
};

/// A long-running operation and its progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The project it works on.
    pub project: ProjectId,
    /// What it does.
    pub kind: JobKind,
    /// Its state.
    pub state: JobState,
    /// The number of parts that are durable in the store.
    pub done: u64,
    /// The number of parts accepted so far.
    pub total: u64,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// When it was created.
    pub created_at: EpochMs,
}

/// What a job does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JobKind {
    /// Imports events from a file.
    Import,
}

/// The state of a job.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JobState {
    /// More parts may be added.
    Running,
    /// All parts are accepted; some are not stored yet.
    Closing,
    /// All parts are stored.
    Done,
    /// A user stopped it; the accepted parts remain.
    Cancelled,
    /// An error stopped it.
    Failed,
}

impl JobState {
    /// The states that a job stays in, whatever it is told afterwards.
    pub const FINAL: [Self; 2] = [Self::Cancelled, Self::Failed];
}
