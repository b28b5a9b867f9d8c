//! *Settings*: projects, keys, the snippet, the theme.

mod view;

use std::collections::HashMap;

use empmix_model::{ids::ProjectId, project::WeekStart};
use empmix_protocol::{
    ApiError, Call,
    call::{KeyKind, NewProjectRequest},
    reply::{CreatedProject, RotatedKey},
};

use crate::{
    async_value::AsyncValue,
    command::Command,
    module::Page,
    session::{UpdateCtx, View},
    snippet::Platform,
};

/// An action of a user in *Settings*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsCommand {
    /// Asks for confirmation before a key is replaced.
    AskRotate(KeyKind),
    /// Keeps the key.
    KeepKey,
    /// Replaces the key, or creates the first secret key.
    Rotate(KeyKind),
    /// Hides the secret key.
    HideSecret,
    /// Changes the draft of the new project.
    Draft(Draft),
    /// Creates the project of the draft.
    CreateProject,
    /// Shows the snippet for another platform.
    Platform(Platform),
}

/// The draft of a new project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its time zone; the machine's zone when none was picked.
    pub timezone: Option<String>,
    /// The first day of its weeks.
    pub week_start: WeekStart,
}

/// The state of *Settings*. It has no `Debug`, because it holds secret keys while they are visible.
#[derive(Default)]
pub struct SettingsState {
    confirming: Option<KeyKind>,
    rotating: Option<(ProjectId, KeyKind)>,
    rotated: AsyncValue<RotatedKey>,
    created: AsyncValue<CreatedProject>,
    /// The visible secret keys, each until it is hidden.
    secrets: HashMap<ProjectId, String>,
    draft: Draft,
    platform: Platform,
    error: Option<ApiError>,
}

impl Page for SettingsState {
    fn project_changed(&mut self) {
        self.confirming = None;
        self.error = None;
    }

    fn update(&mut self, cx: UpdateCtx<'_>, _is_shown: bool) {
        if self.rotated.poll() {
            match std::mem::take(&mut self.rotated) {
                AsyncValue::Done(rotated) => {
                    self.key_made(rotated);
                    cx.commands.send(Command::ReloadProjects(None));
                }
                AsyncValue::Failed { error, .. } => self.error = Some(error),
                _ => {}
            }
            self.rotating = None;
        }
        if self.created.poll() {
            match std::mem::take(&mut self.created) {
                AsyncValue::Done(made) => {
                    let project = made.project.id;
                    self.secrets.insert(project, made.secret_key);
                    self.draft = Draft::default();
                    cx.commands.send(Command::ReloadProjects(Some(project)));
                }
                AsyncValue::Failed { error, .. } => self.error = Some(error),
                _ => {}
            }
        }
    }

    fn show(&self, ui: &mut egui::Ui, view: View<'_>) {
        self.paint(ui, view);
    }

    fn apply(&mut self, command: &Command, cx: UpdateCtx<'_>) {
        let Command::Settings(command) = command else {
            return;
        };
        match command.clone() {
            SettingsCommand::AskRotate(key) => self.confirming = Some(key),
            SettingsCommand::KeepKey => self.confirming = None,
            SettingsCommand::Rotate(key) => self.rotate(key, cx),
            SettingsCommand::HideSecret => {
                if let Some(project) = cx.session.project_id {
                    self.secrets.remove(&project);
                }
            }
            SettingsCommand::Draft(draft) => self.draft = draft,
            SettingsCommand::CreateProject => self.create(cx),
            SettingsCommand::Platform(platform) => self.platform = platform,
        }
    }
}

impl SettingsState {
    fn key_made(&mut self, rotated: RotatedKey) {
        if let Some((project, KeyKind::Secret)) = self.rotating {
            self.secrets.insert(project, rotated.key);
        }
    }

    fn rotate(&mut self, key: KeyKind, cx: UpdateCtx<'_>) {
        self.confirming = None;
        let Some(project) = cx.session.project_id else {
            return;
        };
        if self.rotated.is_pending() {
            return;
        }
        self.error = None;
        self.rotating = Some((project, key));
        let reply = cx.backend.call(Call::RotateKey { project, key });
        self.rotated.ask(reply, cx.session.time_s);
    }

    fn create(&mut self, cx: UpdateCtx<'_>) {
        let name = self.draft.name.trim();
        if name.is_empty() || self.created.is_pending() {
            return;
        }
        self.error = None;
        let zone = self.draft.timezone.clone();
        let reply = cx.backend.call(Call::CreateProject(NewProjectRequest {
            name: name.to_owned(),
            timezone: zone.unwrap_or_else(|| cx.session.timezone.clone()),
            week_start: self.draft.week_start,
        }));
        self.created.ask(reply, cx.session.time_s);
    }
}
