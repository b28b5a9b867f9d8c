//! The empty state: how to send the first event, or load the sample data.

mod view;

use empmix_model::job::{Job, JobState};
use empmix_protocol::{ApiError, Call};

use crate::{
    async_value::AsyncValue, command::Command, session::UpdateCtx, snippet::Platform, text,
};

/// Time between two requests for the job that loads the sample.
const JOB_EVERY_S: f64 = 0.4;

/// An action of a user in the empty state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRunCommand {
    /// Shows the snippet for another platform.
    Platform(Platform),
    /// Loads the sample data.
    LoadSample,
    /// Stops loading.
    CancelSample,
    /// Opens the demo shop in a tab.
    OpenDemo,
}

/// The empty state.
#[derive(Debug, Default)]
pub struct FirstRunState {
    platform: Platform,
    sample: Option<Sample>,
    schema_refresh: SchemaRefresh,
}

/// Whether the schema is requested again after the sample is stored: the last one may count only a
/// part of the sample.
#[derive(Debug, Default, PartialEq, Eq)]
enum SchemaRefresh {
    #[default]
    No,
    /// It was requested.
    Asked,
}

/// The sample data while it is being loaded.
#[derive(Debug)]
struct Sample {
    job: AsyncValue<Job>,
    poll_at_s: f64,
}

/// Progress of the sample.
#[derive(Debug, Clone, PartialEq)]
enum Progress {
    /// The job is starting.
    Starting,
    /// The share that is stored, 0..=1.
    Loading(f32),
    /// The job failed with this message.
    Failed(String),
}

impl FirstRunState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {
        self.sample = None;
        self.schema_refresh = SchemaRefresh::No;
    }

    /// The schema has arrived.
    pub fn schema_answered(&mut self) {
        if self.schema_refresh == SchemaRefresh::Asked {
            self.schema_refresh = SchemaRefresh::No;
        }
    }

    /// Whether the sample is being loaded: the empty state stays until all of it is stored.
    pub fn is_loading(&self) -> bool {
        self.schema_refresh != SchemaRefresh::No
            || matches!(
                self.progress(),
                Some(Progress::Starting | Progress::Loading(_))
            )
    }

    /// Runs in each frame before the module is shown.
    pub fn update(&mut self, cx: UpdateCtx<'_>) {
        let Some(sample) = &mut self.sample else {
            return;
        };
        let now_s = cx.session.time_s;
        sample.job.poll();
        match sample.job.latest().map(|job| (job.id, job.state)) {
            Some((_, JobState::Done | JobState::Cancelled)) => {
                self.sample = None;
                self.schema_refresh = SchemaRefresh::Asked;
                cx.commands.send(Command::ReloadSchema);
            }
            Some((id, JobState::Running | JobState::Closing))
                if !sample.job.is_pending() && now_s >= sample.poll_at_s =>
            {
                let reply = cx.backend.call(Call::Job { job: id });
                sample.job.ask(reply, now_s);
                sample.poll_at_s = now_s + JOB_EVERY_S;
            }
            _ => {}
        }
        cx.egui.request_repaint_after_secs(JOB_EVERY_S as f32);
    }

    /// Applies a command.
    pub fn apply(&mut self, command: FirstRunCommand, cx: UpdateCtx<'_>) {
        match command {
            FirstRunCommand::Platform(platform) => self.platform = platform,
            FirstRunCommand::LoadSample => self.load(cx),
            FirstRunCommand::CancelSample => self.cancel(cx),
            FirstRunCommand::OpenDemo => {
                if let Some(project) = cx.session.project() {
                    let url = cx.session.sdk_url();
                    let url = format!("{url}/demo?key={}", project.public_key);
                    cx.egui.open_url(egui::OpenUrl::new_tab(url));
                }
            }
        }
    }

    fn load(&mut self, cx: UpdateCtx<'_>) {
        let Some(project) = cx.session.project_id.filter(|_| !self.is_loading()) else {
            return;
        };
        let now_s = cx.session.time_s;
        let mut job = AsyncValue::NotAsked;
        job.ask(cx.backend.call(Call::LoadSample { project }), now_s);
        self.sample = Some(Sample {
            job,
            poll_at_s: now_s + JOB_EVERY_S,
        });
    }

    fn cancel(&mut self, cx: UpdateCtx<'_>) {
        let Some(sample) = &mut self.sample else {
            return;
        };
        match sample.job.latest().map(|job| job.id) {
            Some(job) => {
                let reply = cx.backend.call(Call::CancelJob { job });
                sample.job.ask(reply, cx.session.time_s);
            }
            None => self.sample = None,
        }
    }

    fn progress(&self) -> Option<Progress> {
        let sample = self.sample.as_ref()?;
        let failed = |error: &ApiError| Progress::Failed(error.message.clone());
        if let Some(error) = sample.job.error() {
            return Some(failed(error));
        }
        Some(match sample.job.latest() {
            None => Progress::Starting,
            Some(job) if job.state == JobState::Failed => {
                let why = job.error.clone();
                Progress::Failed(why.unwrap_or_else(|| text!("first-run-stopped")))
            }
            Some(job) if job.total == 0 => Progress::Starting,
            Some(job) => Progress::Loading((job.done as f32 / job.total as f32).min(1.0)),
        })
    }
}
