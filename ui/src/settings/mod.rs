//! Project, keys, theme.

use empmix_model::ids::ProjectId;

use crate::session::{View, Work};

/// What a user does in *Settings*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsCommand {
    /// Makes a project.
    CreateProject,
}

/// Project, keys, theme.
#[derive(Debug, Default)]
pub struct SettingsState {}

impl SettingsState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {}

    /// Whether the list of projects must be read again.
    pub fn take_projects_changed(&mut self) -> bool {
        false
    }

    /// A project that was just made and should be opened.
    pub fn take_project_to_open(&mut self) -> Option<ProjectId> {
        None
    }

    /// Each frame before it is shown.
    pub fn update(&mut self, _work: Work<'_>) {}

    /// Applies a command.
    pub fn apply(&mut self, command: SettingsCommand, _work: Work<'_>) {
        match command {
            SettingsCommand::CreateProject => {}
        }
    }

    /// Shows it.
    pub fn show(&self, ui: &mut egui::Ui, _view: View<'_>) {
        ui.label("Settings");
    }
}
