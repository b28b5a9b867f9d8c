//! Polls the backend: its status, the projects, and the schema of the project, at intervals, with
//! backoff while it does not answer.

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, Call, ErrorCode, mismatch,
    shell::{ShellState, SidecarState},
};

use super::{Console, PROJECT_KEY};
use crate::{
    backend::{Inbox, Reply},
    module::{Group, Page},
    retry::Retry,
    session::{Connection, UpdateCtx},
    text,
};

/// Time between two status requests while the backend answers.
const STATUS_EVERY_S: f64 = 10.0;
/// Time between two schema requests for a project that has events.
const SCHEMA_EVERY_S: f64 = 10.0;
/// Time between two schema requests for an empty project: its first event should show quickly.
const EMPTY_SCHEMA_EVERY_S: f64 = 1.0;
/// Time between two requests for the projects while there is none: a new sidecar creates its first
/// one at startup.
const NO_PROJECT_EVERY_S: f64 = 1.0;

/// Timeout of a status request; after it the backend counts as unreachable.
const STATUS_WITHIN_S: f64 = 10.0;
/// Timeout of a schema or projects request; after it the request is sent again.
const ANSWER_WITHIN_S: f64 = 30.0;

/// How long the desktop's sidecar may take to start before that counts as a failure.
const START_UP_S: f64 = 15.0;
/// Time between two status requests while the sidecar starts.
const WHILE_STARTING_S: f64 = 0.2;

/// When each request is due.
#[derive(Debug, Default)]
pub(super) struct PollSchedule {
    status_at_s: f64,
    schema_at_s: f64,
    projects_at_s: f64,
    retry: Retry,
    shell: Option<Inbox<Result<ShellState, ApiError>>>,
    /// Asked with the first status, so that a start waits for one answer and not for three in turn.
    early: Option<Early>,
}

/// Requests that are sent before it is known that the backend answers.
#[derive(Debug)]
struct Early {
    projects: Option<Reply>,
    /// The schema of the project that was open last.
    schema: Option<(ProjectId, Reply)>,
}

impl PollSchedule {
    /// Makes every request due in the next frame.
    pub(super) fn poll_now(&mut self) {
        self.status_at_s = 0.0;
        self.schema_at_s = 0.0;
        self.projects_at_s = 0.0;
    }
}

impl Console {
    /// Takes the answers that have arrived and sends the requests that are due.
    pub(super) fn poll_backend(&mut self, ctx: &egui::Context) {
        self.time_out_requests();
        self.poll_status(ctx);
        self.poll_shell();
        self.poll_projects();
        self.poll_schema(ctx);
        self.send_due_requests(ctx);
    }

    /// Cancels requests that get no answer in time, so that they are sent again.
    fn time_out_requests(&mut self) {
        let now_s = self.session.time_s;
        let too_long = |waiting_s: Option<f64>, limit_s| waiting_s.is_some_and(|s| s > limit_s);
        if too_long(self.session.status.waiting_s(now_s), STATUS_WITHIN_S) {
            self.session.status.cancel();
            let message = text!("backend-no-answer");
            self.status_failed(ApiError::new(ErrorCode::Disconnected, message));
        }
        if too_long(self.session.schema.waiting_s(now_s), ANSWER_WITHIN_S) {
            self.session.schema.cancel();
        }
        if too_long(self.session.projects.waiting_s(now_s), ANSWER_WITHIN_S) {
            self.session.projects.cancel();
        }
    }

    fn poll_status(&mut self, ctx: &egui::Context) {
        if !self.session.status.poll() {
            return;
        }
        let now_s = self.session.time_s;
        if let Some(message) = self.protocol_mismatch() {
            return self.status_failed(ApiError::new(ErrorCode::Conflict, message));
        }
        match self.session.status.error() {
            None => {
                if self.session.connection != Connection::Connected {
                    self.schedule.schema_at_s = now_s;
                    let early = self.schedule.early.as_mut();
                    match early.and_then(|early| early.projects.take()) {
                        Some(reply) => self.session.projects.ask(reply, now_s),
                        None => self.ask_projects(),
                    }
                }
                self.tell_pages(ctx, |page, cx| page.reconnected(cx));
                self.schedule.retry.reset();
                self.schedule.status_at_s = now_s + STATUS_EVERY_S;
                self.session.connection = Connection::Connected;
            }
            Some(error) => {
                let error = error.clone();
                self.status_failed(error);
            }
        }
    }

    /// Why this console cannot work with the sidecar that answered.
    fn protocol_mismatch(&self) -> Option<String> {
        let answered = self.session.status.error().is_none();
        let status = self.session.status.latest().filter(|_| answered)?;
        mismatch(status.protocol)
    }

    fn status_failed(&mut self, error: ApiError) {
        let now_s = self.session.time_s;
        self.schedule.early = None;
        self.schedule.shell = self.backend.shell_state();
        let starting = self.session.connection == Connection::Connecting
            && self.schedule.shell.is_some()
            && now_s < START_UP_S;
        if starting {
            self.schedule.status_at_s = now_s + WHILE_STARTING_S;
            return;
        }
        self.schedule.status_at_s = now_s + self.schedule.retry.wait_s();
        self.session.connection = Connection::Disconnected {
            error,
            retry_at_s: self.schedule.status_at_s,
        };
    }

    /// The desktop's shell knows why its sidecar does not answer.
    fn poll_shell(&mut self) {
        let Some(answer) = self.schedule.shell.as_mut().and_then(Inbox::take) else {
            return;
        };
        self.schedule.shell = None;
        let Ok(SidecarState::Failed(message)) = answer.map(|shell| shell.sidecar) else {
            return;
        };
        if self.session.connection != Connection::Connected {
            self.session.connection = Connection::Disconnected {
                error: ApiError::new(ErrorCode::Unavailable, message),
                retry_at_s: self.schedule.status_at_s,
            };
        }
    }

    pub(super) fn ask_projects(&mut self) {
        let reply = self.backend.call(Call::Projects);
        self.session.projects.ask(reply, self.session.time_s);
    }

    fn poll_projects(&mut self) {
        if !self.session.projects.poll() {
            return;
        }
        self.schedule.projects_at_s = self.session.time_s + NO_PROJECT_EVERY_S;
        self.session.data_error = self.session.projects.error().cloned();
        let early = self.schedule.early.take();
        let early = early.and_then(|early| early.schema);
        let saved = self.saved_project();
        let Some(projects) = self.session.projects.latest() else {
            return;
        };
        let known = |id: &ProjectId| projects.projects.iter().any(|project| project.id == *id);
        let made = self.project_to_open.take_if(|id| known(id));
        let linked = self
            .navigation
            .going_to
            .as_ref()
            .map(|address| address.project);
        let wanted = made.or(linked).or(self.session.project_id);
        let first = projects.projects.first().map(|project| project.id);
        let chosen = wanted
            .filter(known)
            .or_else(|| saved.filter(known))
            .or(first);
        if let Some(id) = chosen
            && self.session.project_id != chosen
        {
            match early.filter(|(project, _)| *project == id) {
                Some((_, reply)) => self.select_project_with(id, reply),
                None => self.select_project(id),
            }
        }
        self.open_address();
    }

    fn saved_project(&self) -> Option<ProjectId> {
        self.host.load(PROJECT_KEY)?.parse().ok()
    }

    /// Asks for what a start needs after the status.
    fn ask_early(&mut self) {
        let linked = self.navigation.going_to.as_ref();
        let linked = linked.map(|address| address.project);
        let project = linked.or_else(|| self.saved_project());
        let schema = project.map(|project| (project, self.backend.call(Call::Schema { project })));
        self.schedule.early = Some(Early {
            projects: Some(self.backend.call(Call::Projects)),
            schema,
        });
    }

    pub(super) fn ask_schema(&mut self, project: ProjectId) {
        let reply = self.backend.call(Call::Schema { project });
        self.session.schema.ask(reply, self.session.time_s);
    }

    fn poll_schema(&mut self, ctx: &egui::Context) {
        let before = self.session.event_count();
        if !self.session.schema.poll() {
            return;
        }
        self.first_run.schema_answered();
        self.session.data_error = self.session.schema.error().cloned();
        let after = self.session.event_count();
        let every_s = match after {
            Some(0) => EMPTY_SCHEMA_EVERY_S,
            _ => SCHEMA_EVERY_S,
        };
        self.schedule.schema_at_s = self.session.time_s + every_s;
        if before.is_some() && after != before {
            self.tell_pages(ctx, |page, cx| page.data_changed(cx));
        }
    }

    fn tell_pages(&mut self, ctx: &egui::Context, tell: impl Fn(&mut dyn Page, UpdateCtx<'_>)) {
        let cx = UpdateCtx {
            session: &self.session,
            backend: &*self.backend,
            commands: &self.commands,
            egui: ctx,
        };
        for (_, page) in self.pages.iter_mut() {
            tell(page, cx);
        }
    }

    fn send_due_requests(&mut self, ctx: &egui::Context) {
        let now_s = self.session.time_s;
        if !self.session.status.is_pending() && now_s >= self.schedule.status_at_s {
            let reply = self.backend.call(Call::Status);
            self.session.status.ask(reply, now_s);
            if self.session.connection == Connection::Connecting {
                self.ask_early();
            }
        }
        let connected = self.session.connection == Connection::Connected;
        if connected
            && self.session.project_id.is_none()
            && !self.session.projects.is_pending()
            && now_s >= self.schedule.projects_at_s
        {
            self.ask_projects();
        }
        let wanted = self.chrome.module.row().group != Group::Console;
        if let Some(project) = self.session.project_id
            && connected
            && wanted
            && !self.session.schema.is_pending()
            && now_s >= self.schedule.schema_at_s
        {
            self.ask_schema(project);
        }
        // An answer requests a frame by itself, so a pending request needs one only at its timeout.
        let next = |at_s: f64, pending: bool| {
            if pending {
                now_s + STATUS_WITHIN_S
            } else {
                at_s
            }
        };
        let status_s = next(self.schedule.status_at_s, self.session.status.is_pending());
        let schema_s = next(self.schedule.schema_at_s, self.session.schema.is_pending());
        let projects_s = next(
            self.schedule.projects_at_s,
            self.session.projects.is_pending(),
        );
        let next_s = status_s.min(match self.session.project_id {
            Some(_) if connected && wanted => schema_s,
            None if connected => projects_s,
            _ => f64::INFINITY,
        });
        let wait_s = (next_s - now_s).clamp(0.05, STATUS_EVERY_S);
        ctx.request_repaint_after(std::time::Duration::from_secs_f64(wait_s));
    }
}
