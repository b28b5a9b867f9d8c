//! What the console calls, and what it sends with it.

use empmix_model::{
    EpochMs,
    ids::{JobId, ProjectId},
    project::WeekStart,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::endpoint::{self, Nothing, Request};

/// A call of the console: an endpoint and what is sent to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// [`endpoint::STATUS`].
    Status,
    /// [`endpoint::PROJECTS`].
    Projects,
    /// [`endpoint::CREATE_PROJECT`].
    CreateProject(NewProjectRequest),
    /// [`endpoint::PROJECT`].
    Project {
        /// The project.
        project: ProjectId,
    },
    /// [`endpoint::ROTATE_KEY`].
    RotateKey {
        /// The project.
        project: ProjectId,
        /// Which key.
        key: KeyKind,
    },
    /// [`endpoint::QUERY`].
    Query {
        /// The project.
        project: ProjectId,
        /// The report as JSON.
        report: Value,
    },
    /// [`endpoint::EXPLAIN`].
    Explain {
        /// The project.
        project: ProjectId,
        /// The report as JSON.
        report: Value,
    },
    /// [`endpoint::SCHEMA`].
    Schema {
        /// The project.
        project: ProjectId,
    },
    /// [`endpoint::EVENTS`].
    Events {
        /// The project.
        project: ProjectId,
        /// Which events.
        query: EventsQuery,
    },
    /// [`endpoint::LOAD_SAMPLE`].
    LoadSample {
        /// The project.
        project: ProjectId,
    },
    /// [`endpoint::JOB`].
    Job {
        /// The job.
        job: JobId,
    },
    /// [`endpoint::CANCEL_JOB`].
    CancelJob {
        /// The job.
        job: JobId,
    },
}

/// A project to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProjectRequest {
    /// Its name.
    pub name: String,
    /// IANA name of the zone that its days begin in; UTC when absent.
    #[serde(default = "utc")]
    pub timezone: String,
    /// The day that its weeks begin on.
    #[serde(default)]
    pub week_start: WeekStart,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// One of a project's two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum KeyKind {
    /// The write-only key.
    Public,
    /// The key with full access.
    Secret,
}

/// Which events a page shows; newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsQuery {
    /// Rows, 1..=1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Earliest time, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<EpochMs>,
    /// Latest time, excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<EpochMs>,
    /// Only this event name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only this distinct id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_id: Option<String>,
    /// Only this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// What a live stream shows: warnings, and these events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveQuery {
    /// Only this event name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only this distinct id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_id: Option<String>,
}

/// The query of an import, whose body is the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportQuery {
    /// The job that the lines belong to; a new one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The number of the body's first line in its file, from 1 on, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_line: Option<u64>,
    /// Whether no more lines come.
    pub close: bool,
}

impl Call {
    /// The HTTP request that this call is.
    pub fn request(&self) -> Request {
        match self {
            Self::Status => endpoint::STATUS.request(&[], &Nothing {}),
            Self::Projects => endpoint::PROJECTS.request(&[], &Nothing {}),
            Self::CreateProject(new) => endpoint::CREATE_PROJECT.request(&[], new),
            Self::Project { project } => {
                endpoint::PROJECT.request(&[&project.to_string()], &Nothing {})
            }
            Self::RotateKey { project, key } => {
                endpoint::ROTATE_KEY.request(&[&project.to_string(), key.name()], &Nothing {})
            }
            Self::Query { project, report } => {
                endpoint::QUERY.request(&[&project.to_string()], report)
            }
            Self::Explain { project, report } => {
                endpoint::EXPLAIN.request(&[&project.to_string()], report)
            }
            Self::Schema { project } => {
                endpoint::SCHEMA.request(&[&project.to_string()], &Nothing {})
            }
            Self::Events { project, query } => {
                endpoint::EVENTS.request(&[&project.to_string()], query)
            }
            Self::LoadSample { project } => {
                endpoint::LOAD_SAMPLE.request(&[&project.to_string()], &Nothing {})
            }
            Self::Job { job } => endpoint::JOB.request(&[&job.to_string()], &Nothing {}),
            Self::CancelJob { job } => {
                endpoint::CANCEL_JOB.request(&[&job.to_string()], &Nothing {})
            }
        }
    }
}
