//! The empty state: how to send the first event, or load the sample data.

mod view;

use empmix_model::job::{Job, JobState};
use empmix_protocol::{ApiError, Call};

use crate::{async_value::AsyncValue, session::Work, snippet::Platform};

/// Between two looks at the job that loads the sample.
const JOB_EVERY_S: f64 = 0.4;

/// What a user does in the empty state.
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
    catching_up: CatchingUp,
}

/// Whether the schema is asked anew once the sample is stored: the one that is known then may have
/// seen a part of it.
#[derive(Debug, Default, PartialEq, Eq)]
enum CatchingUp {
    #[default]
    No,
    /// The schema must be asked.
    Wanted,
    /// It was asked.
    Asked,
}

/// The sample data while it is being loaded.
#[derive(Debug)]
struct Sample {
    job: AsyncValue<Job>,
    poll_at_s: f64,
}

/// How far the sample is.
#[derive(Debug, Clone, PartialEq)]
enum Progress {
    /// The job begins.
    Starting,
    /// So much of it is stored, 0..=1.
    Loading(f32),
    /// It failed, and why.
    Failed(String),
}

impl FirstRunState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {
        self.sample = None;
        self.catching_up = CatchingUp::No;
    }

    /// Whether the schema must be asked now; says so once.
    pub fn take_wants_schema(&mut self) -> bool {
        let wanted = self.catching_up == CatchingUp::Wanted;
        if wanted {
            self.catching_up = CatchingUp::Asked;
        }
        wanted
    }

    /// The schema was answered.
    pub fn schema_answered(&mut self) {
        if self.catching_up == CatchingUp::Asked {
            self.catching_up = CatchingUp::No;
        }
    }

    /// Whether the sample is on its way: the empty state stays until all of it is there.
    pub fn is_loading(&self) -> bool {
        self.catching_up != CatchingUp::No
            || matches!(
                self.progress(),
                Some(Progress::Starting | Progress::Loading(_))
            )
    }

    /// Each frame before it is shown.
    pub fn update(&mut self, work: Work<'_>) {
        let Some(sample) = &mut self.sample else {
            return;
        };
        let now_s = work.session.time_s;
        sample.job.poll();
        match sample.job.latest().map(|job| (job.id, job.state)) {
            Some((_, JobState::Done | JobState::Cancelled)) => {
                self.sample = None;
                self.catching_up = CatchingUp::Wanted;
            }
            Some((id, JobState::Running | JobState::Closing))
                if !sample.job.is_pending() && now_s >= sample.poll_at_s =>
            {
                let reply = work.backend.call(Call::Job { job: id });
                sample.job.ask(reply, now_s);
                sample.poll_at_s = now_s + JOB_EVERY_S;
            }
            _ => {}
        }
        work.ctx.request_repaint_after_secs(JOB_EVERY_S as f32);
    }

    /// Applies a command.
    pub fn apply(&mut self, command: FirstRunCommand, work: Work<'_>) {
        match command {
            FirstRunCommand::Platform(platform) => self.platform = platform,
            FirstRunCommand::LoadSample => self.load(work),
            FirstRunCommand::CancelSample => self.cancel(work),
            FirstRunCommand::OpenDemo => {
                if let Some(project) = work.session.project() {
                    let url = work.session.sdk_url();
                    let url = format!("{url}/demo?key={}", project.public_key);
                    work.ctx.open_url(egui::OpenUrl::new_tab(url));
                }
            }
        }
    }

    fn load(&mut self, work: Work<'_>) {
        let Some(project) = work.session.project_id.filter(|_| !self.is_loading()) else {
            return;
        };
        let now_s = work.session.time_s;
        let mut job = AsyncValue::NotAsked;
        job.ask(work.backend.call(Call::LoadSample { project }), now_s);
        self.sample = Some(Sample {
            job,
            poll_at_s: now_s + JOB_EVERY_S,
        });
    }

    fn cancel(&mut self, work: Work<'_>) {
        let Some(sample) = &mut self.sample else {
            return;
        };
        match sample.job.latest().map(|job| job.id) {
            Some(job) => {
                let reply = work.backend.call(Call::CancelJob { job });
                sample.job.ask(reply, work.session.time_s);
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
                Progress::Failed(why.unwrap_or_else(|| "Loading stopped".to_owned()))
            }
            Some(job) if job.total == 0 => Progress::Starting,
            Some(job) => Progress::Loading((job.done as f32 / job.total as f32).min(1.0)),
        })
    }
}
