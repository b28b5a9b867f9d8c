//! What every module reads: the project, what is known of its data, the connection, the clock.

use empmix_model::{EpochMs, ids::ProjectId, project::Project};
use empmix_protocol::{
    ApiError,
    reply::{Projects, Schema, Status},
};

use crate::{
    async_value::AsyncValue,
    backend::{Backend, BackendKind},
    command::Commands,
};

/// How the backend can be reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// Nothing was heard yet.
    Connecting,
    /// It answers.
    Connected,
    /// It does not answer.
    Disconnected {
        /// Why.
        error: ApiError,
        /// When it is asked again, in seconds of the frame clock.
        retry_at_s: f64,
    },
}

/// What every module reads.
#[derive(Debug)]
pub struct Session {
    /// The time of this frame.
    pub now_ms: EpochMs,
    /// The frame clock, in seconds since the window opened; it runs for a hidden window too.
    pub time_s: f64,
    /// Who answers.
    pub backend: BackendKind,
    /// The URL that this page came from, where that is a sidecar's.
    pub origin: Option<String>,
    /// The machine's time zone.
    pub timezone: String,
    /// How the backend can be reached.
    pub connection: Connection,
    /// How the sidecar is.
    pub status: AsyncValue<Status>,
    /// All projects.
    pub projects: AsyncValue<Projects>,
    /// The project that is worked on.
    pub project_id: Option<ProjectId>,
    /// The events and properties of the project.
    pub schema: AsyncValue<Schema>,
    /// Why the backend, though it answers, could not say what there is: its store is away.
    pub trouble: Option<ApiError>,
}

impl Session {
    /// The project that is worked on.
    pub fn project(&self) -> Option<&Project> {
        let id = self.project_id?;
        let projects = &self.projects.latest()?.projects;
        projects.iter().find(|project| project.id == id)
    }

    /// The project's zone; UTC while it is unknown.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        self.project()
            .and_then(|project| jiff::tz::TimeZone::get(&project.timezone).ok())
            .unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// Events that the project holds; `None` while that is unknown.
    pub fn event_count(&self) -> Option<u64> {
        let schema = self.schema.latest()?;
        Some(schema.events.iter().map(|event| event.count).sum())
    }

    /// Time of the project's newest event.
    pub fn newest_event_ms(&self) -> Option<EpochMs> {
        let schema = self.schema.latest()?;
        schema.events.iter().map(|event| event.last_seen).max()
    }

    /// The URL that SDKs send to: the page's own, else what the sidecar says of itself.
    pub fn sdk_url(&self) -> String {
        self.origin
            .clone()
            .or_else(|| Some(self.status.latest()?.url.clone()))
            .unwrap_or_else(|| "http://127.0.0.1:7070".to_owned())
    }
}

/// What a view gets.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What every module reads.
    pub session: &'a Session,
    /// Where its commands go.
    pub commands: &'a Commands,
}

/// What a module gets when it updates itself or applies a command.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// What every module reads.
    pub session: &'a Session,
    /// Who answers its calls.
    pub backend: &'a dyn Backend,
    /// To copy a text, or to ask for a frame at a later time.
    pub ctx: &'a egui::Context,
}
