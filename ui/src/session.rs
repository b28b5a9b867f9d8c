//! The state that every module reads: the project, its schema, the connection, the clock.

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

/// The state of the connection to the backend.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// There was no answer yet.
    Connecting,
    /// The backend answers.
    Connected,
    /// The backend does not answer.
    Disconnected {
        /// Why.
        error: ApiError,
        /// When the next request is sent, in seconds of the frame clock.
        retry_at_s: f64,
    },
}

/// The state that every module reads.
#[derive(Debug)]
pub struct Session {
    /// The time of this frame.
    pub now_ms: EpochMs,
    /// The frame clock, in seconds since the window opened; it runs for a hidden window too.
    pub time_s: f64,
    /// The kind of backend.
    pub backend: BackendKind,
    /// The origin of this page, if a sidecar serves it.
    pub origin: Option<String>,
    /// The machine's time zone.
    pub timezone: String,
    /// The state of the connection to the backend.
    pub connection: Connection,
    /// The sidecar's status.
    pub status: AsyncValue<Status>,
    /// All projects.
    pub projects: AsyncValue<Projects>,
    /// The id of the current project.
    pub project_id: Option<ProjectId>,
    /// The events and properties of the project.
    pub schema: AsyncValue<Schema>,
    /// The error of the last projects or schema request, while the backend itself answers: usually
    /// its store is unavailable.
    pub data_error: Option<ApiError>,
}

impl Session {
    /// The current project.
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

    /// The number of the project's events; `None` while it is unknown.
    pub fn event_count(&self) -> Option<u64> {
        let schema = self.schema.latest()?;
        Some(schema.events.iter().map(|event| event.count).sum())
    }

    /// The times of the project's oldest and newest event.
    pub fn oldest_and_newest_ms(&self) -> Option<(EpochMs, EpochMs)> {
        let events = &self.schema.latest()?.events;
        let oldest = events.iter().map(|event| event.first_seen).min()?;
        let newest = events.iter().map(|event| event.last_seen).max()?;
        Some((oldest, newest))
    }

    /// Today in the project's zone.
    pub fn today(&self) -> jiff::civil::Date {
        crate::report::day_of(self.now_ms, &self.zone())
    }

    /// The URL that SDKs send to: the page's origin, else the URL in the sidecar's status.
    pub fn sdk_url(&self) -> String {
        self.origin
            .clone()
            .or_else(|| Some(self.status.latest()?.url.clone()))
            .unwrap_or_else(|| "http://127.0.0.1:7070".to_owned())
    }
}

/// The arguments of a view.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The state that every module reads.
    pub session: &'a Session,
    /// Where the view sends its commands.
    pub commands: &'a Commands,
}

/// The arguments of a module that updates itself or applies a command.
#[derive(Clone, Copy)]
pub struct UpdateCtx<'a> {
    /// The state that every module reads.
    pub session: &'a Session,
    /// The backend for its calls.
    pub backend: &'a dyn Backend,
    /// Where it sends commands to the rest of the console.
    pub commands: &'a Commands,
    /// To request a frame, to open a URL or to move the focus.
    pub egui: &'a egui::Context,
}
