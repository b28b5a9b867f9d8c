//! Projects, keys, the snippet, the theme.

mod view;

use std::collections::HashMap;

use empmix_model::{
    ids::ProjectId,
    project::{Project, WeekStart},
};
use empmix_protocol::{
    ApiError, Call,
    call::KeyKind,
    reply::{NewProject, RotatedKey},
};

use crate::{async_value::AsyncValue, session::Work, snippet::Platform};

/// What a user does in *Settings*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsCommand {
    /// Asks whether a key should really be replaced.
    AskRotate(KeyKind),
    /// Does not replace it.
    KeepKey,
    /// Replaces the key that was asked about, or makes the first secret key.
    Rotate(KeyKind),
    /// The secret key was noted down.
    HideSecret,
    /// Changes the project that is to be made.
    Draft(Draft),
    /// Makes it.
    CreateProject,
    /// Shows the snippet for another platform.
    Platform(Platform),
}

/// The project that is to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its zone; the machine's when nothing was picked.
    pub timezone: Option<String>,
    /// The day that its weeks begin on.
    pub week_start: WeekStart,
}

/// Projects, keys, the snippet, the theme. No `Debug`: it holds secret keys while they are in sight.
#[derive(Default)]
pub struct SettingsState {
    confirming: Option<KeyKind>,
    rotating: Option<(ProjectId, KeyKind)>,
    rotated: AsyncValue<RotatedKey>,
    created: AsyncValue<NewProject>,
    /// Secret keys that are in sight, each until it is hidden.
    secrets: HashMap<ProjectId, String>,
    draft: Draft,
    platform: Platform,
    projects_changed: bool,
    to_open: Option<ProjectId>,
    error: Option<ApiError>,
}

impl SettingsState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {
        self.confirming = None;
        self.error = None;
    }

    /// Whether the list of projects must be read again; asking clears it.
    pub fn take_projects_changed(&mut self) -> bool {
        std::mem::take(&mut self.projects_changed)
    }

    /// A project that was just made and should be opened, once the list has it.
    pub fn take_project_to_open(&mut self, known: &[Project]) -> Option<ProjectId> {
        let listed = |id: &ProjectId| known.iter().any(|project| project.id == *id);
        self.to_open.take_if(|id| listed(id))
    }

    /// Each frame before it is shown.
    pub fn update(&mut self, _work: Work<'_>) {
        if self.rotated.poll() {
            match std::mem::take(&mut self.rotated) {
                AsyncValue::Done(rotated) => self.key_made(rotated),
                AsyncValue::Failed { error, .. } => self.error = Some(error),
                _ => {}
            }
            self.rotating = None;
        }
        if self.created.poll() {
            match std::mem::take(&mut self.created) {
                AsyncValue::Done(made) => {
                    self.to_open = Some(made.project.id);
                    self.secrets.insert(made.project.id, made.secret_key);
                    self.projects_changed = true;
                    self.draft = Draft::default();
                }
                AsyncValue::Failed { error, .. } => self.error = Some(error),
                _ => {}
            }
        }
    }

    fn key_made(&mut self, rotated: RotatedKey) {
        self.projects_changed = true;
        if let Some((project, KeyKind::Secret)) = self.rotating {
            self.secrets.insert(project, rotated.key);
        }
    }

    /// Applies a command.
    pub fn apply(&mut self, command: SettingsCommand, work: Work<'_>) {
        match command {
            SettingsCommand::AskRotate(key) => self.confirming = Some(key),
            SettingsCommand::KeepKey => self.confirming = None,
            SettingsCommand::Rotate(key) => self.rotate(key, work),
            SettingsCommand::HideSecret => {
                if let Some(project) = work.session.project_id {
                    self.secrets.remove(&project);
                }
            }
            SettingsCommand::Draft(draft) => self.draft = draft,
            SettingsCommand::CreateProject => self.create(work),
            SettingsCommand::Platform(platform) => self.platform = platform,
        }
    }

    fn rotate(&mut self, key: KeyKind, work: Work<'_>) {
        self.confirming = None;
        let Some(project) = work.session.project_id else {
            return;
        };
        if self.rotated.is_pending() {
            return;
        }
        self.error = None;
        self.rotating = Some((project, key));
        let reply = work.backend.call(Call::RotateKey { project, key });
        self.rotated.ask(reply, work.session.time_s);
    }

    fn create(&mut self, work: Work<'_>) {
        let name = self.draft.name.trim();
        if name.is_empty() || self.created.is_pending() {
            return;
        }
        self.error = None;
        let zone = self.draft.timezone.clone();
        let reply = work.backend.call(Call::CreateProject {
            name: name.to_owned(),
            timezone: zone.unwrap_or_else(|| work.session.timezone.clone()),
            week_start: self.draft.week_start,
        });
        self.created.ask(reply, work.session.time_s);
    }
}
