//! Whether the backend answers: its status, the projects, and the schema of the project, asked for
//! again at intervals, with backoff while there is no answer.

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, Call, ErrorCode,
    shell::{ShellState, SidecarState},
};

use super::{Console, PROJECT_KEY};
use crate::{
    backend::Inbox,
    command::Module,
    session::{Connection, Work},
};

/// Between two looks at a backend that answers.
const STATUS_EVERY_S: f64 = 10.0;
/// Between two looks at the data of a project that has events.
const SCHEMA_EVERY_S: f64 = 10.0;
/// Between two looks at the data of an empty project: the first event should show at once.
const EMPTY_SCHEMA_EVERY_S: f64 = 1.0;
/// Between two looks for a project, while none is known: a fresh sidecar makes its first one.
const NO_PROJECT_EVERY_S: f64 = 1.0;
/// The longest wait before a backend that does not answer is asked again.
const MAX_BACKOFF_S: f64 = 15.0;

/// A backend that does not say how it is within so long is taken for gone.
const STATUS_WITHIN_S: f64 = 10.0;
/// What else is not answered within so long is asked again: schemas and projects are quick.
const ANSWER_WITHIN_S: f64 = 30.0;

/// The desktop's sidecar may take so long to start before that is a failure.
const START_UP_S: f64 = 15.0;
/// Between two looks at a sidecar that is starting.
const WHILE_STARTING_S: f64 = 0.2;

/// When to ask what again.
#[derive(Debug, Default)]
pub(super) struct Watch {
    status_at_s: f64,
    schema_at_s: f64,
    projects_at_s: f64,
    failures: u32,
    shell: Option<Inbox<Result<ShellState, ApiError>>>,
}

impl Watch {
    /// Asks again in the next frame.
    pub(super) fn ask_now(&mut self) {
        self.status_at_s = 0.0;
        self.schema_at_s = 0.0;
        self.projects_at_s = 0.0;
    }

    fn backoff_s(&self) -> f64 {
        let exponent = self.failures.saturating_sub(1).min(10);
        f64::from(2u32.pow(exponent)).min(MAX_BACKOFF_S)
    }
}

impl Console {
    /// Polls what was asked and asks what has become due.
    pub(super) fn watch_backend(&mut self, ctx: &egui::Context) {
        self.give_up_on_silence();
        self.poll_status();
        self.poll_shell();
        self.poll_projects(ctx);
        self.poll_schema(ctx);
        self.ask_what_is_due(ctx);
    }

    /// A request that is never answered must not be the last one.
    fn give_up_on_silence(&mut self) {
        let now_s = self.session.time_s;
        let too_long = |waiting_s: Option<f64>, limit_s| waiting_s.is_some_and(|s| s > limit_s);
        if too_long(self.session.status.waiting_s(now_s), STATUS_WITHIN_S) {
            self.session.status.cancel();
            let message = "The sidecar does not answer";
            self.did_not_answer(ApiError::new(ErrorCode::Disconnected, message));
        }
        if too_long(self.session.schema.waiting_s(now_s), ANSWER_WITHIN_S) {
            self.session.schema.cancel();
        }
        if too_long(self.session.projects.waiting_s(now_s), ANSWER_WITHIN_S) {
            self.session.projects.cancel();
        }
    }

    fn poll_status(&mut self) {
        if !self.session.status.poll() {
            return;
        }
        let now_s = self.session.time_s;
        match self.session.status.error() {
            None => {
                if self.session.connection != Connection::Connected {
                    self.watch.schema_at_s = now_s;
                    self.ask_projects();
                }
                self.insights.retry(now_s);
                self.watch.failures = 0;
                self.watch.status_at_s = now_s + STATUS_EVERY_S;
                self.session.connection = Connection::Connected;
            }
            Some(error) => {
                let error = error.clone();
                self.did_not_answer(error);
            }
        }
    }

    fn did_not_answer(&mut self, error: ApiError) {
        let now_s = self.session.time_s;
        self.watch.shell = self.backend.shell_state();
        let starting = self.session.connection == Connection::Connecting
            && self.watch.shell.is_some()
            && now_s < START_UP_S;
        if starting {
            self.watch.status_at_s = now_s + WHILE_STARTING_S;
            return;
        }
        self.watch.failures += 1;
        self.watch.status_at_s = now_s + self.watch.backoff_s();
        self.session.connection = Connection::Disconnected {
            error,
            retry_at_s: self.watch.status_at_s,
        };
    }

    /// The desktop's shell knows better why its sidecar does not answer.
    fn poll_shell(&mut self) {
        let Some(answer) = self.watch.shell.as_mut().and_then(Inbox::take) else {
            return;
        };
        self.watch.shell = None;
        let Ok(SidecarState::Failed(message)) = answer.map(|shell| shell.sidecar) else {
            return;
        };
        if self.session.connection != Connection::Connected {
            self.session.connection = Connection::Disconnected {
                error: ApiError::new(ErrorCode::Unavailable, message),
                retry_at_s: self.watch.status_at_s,
            };
        }
    }

    fn ask_projects(&mut self) {
        let reply = self.backend.call(Call::Projects);
        self.session.projects.ask(reply, self.session.time_s);
    }

    fn poll_projects(&mut self, ctx: &egui::Context) {
        if self.settings.take_projects_changed() {
            self.ask_projects();
        }
        if !self.session.projects.poll() {
            return;
        }
        self.watch.projects_at_s = self.session.time_s + NO_PROJECT_EVERY_S;
        self.session.trouble = self.session.projects.error().cloned();
        let saved = || self.host.load(PROJECT_KEY)?.parse::<ProjectId>().ok();
        let Some(projects) = self.session.projects.latest() else {
            return;
        };
        let made = self.settings.take_project_to_open(&projects.projects);
        let wanted = made.or(self.session.project_id);
        let known = |id: &ProjectId| projects.projects.iter().any(|project| project.id == *id);
        let first = projects.projects.first().map(|project| project.id);
        let chosen = wanted
            .filter(known)
            .or_else(|| saved().filter(known))
            .or(first);
        if let Some(id) = chosen
            && self.session.project_id != chosen
        {
            self.select_project(ctx, id);
        }
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
        self.session.trouble = self.session.schema.error().cloned();
        let after = self.session.event_count();
        let every_s = match after {
            Some(0) => EMPTY_SCHEMA_EVERY_S,
            _ => SCHEMA_EVERY_S,
        };
        self.watch.schema_at_s = self.session.time_s + every_s;
        if before.is_some() && after != before {
            let work = Work {
                session: &self.session,
                backend: &*self.backend,
                ctx,
            };
            self.insights.data_changed(work);
        }
    }

    fn ask_what_is_due(&mut self, ctx: &egui::Context) {
        let now_s = self.session.time_s;
        if !self.session.status.is_pending() && now_s >= self.watch.status_at_s {
            let reply = self.backend.call(Call::Status);
            self.session.status.ask(reply, now_s);
        }
        let connected = self.session.connection == Connection::Connected;
        if connected
            && self.session.project_id.is_none()
            && !self.session.projects.is_pending()
            && now_s >= self.watch.projects_at_s
        {
            self.ask_projects();
        }
        let wanted = self.chrome.module != Module::Settings;
        if let Some(project) = self.session.project_id
            && connected
            && wanted
            && !self.session.schema.is_pending()
            && now_s >= self.watch.schema_at_s
        {
            self.ask_schema(project);
        }
        // An answer wakes the frame itself; what is awaited needs no frame before it is late.
        let next = |at_s: f64, pending: bool| {
            if pending {
                now_s + STATUS_WITHIN_S
            } else {
                at_s
            }
        };
        let status_s = next(self.watch.status_at_s, self.session.status.is_pending());
        let schema_s = next(self.watch.schema_at_s, self.session.schema.is_pending());
        let projects_s = next(self.watch.projects_at_s, self.session.projects.is_pending());
        let next_s = status_s.min(match self.session.project_id {
            Some(_) if connected && wanted => schema_s,
            None if connected => projects_s,
            _ => f64::INFINITY,
        });
        let wait_s = (next_s - now_s).clamp(0.05, STATUS_EVERY_S);
        ctx.request_repaint_after(std::time::Duration::from_secs_f64(wait_s));
    }
}
