//! Events as they arrive.

use crate::session::{View, Work};

/// What a user does in *Live*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveCommand {
    /// Pauses or resumes.
    TogglePause,
}

/// Events as they arrive.
#[derive(Debug, Default)]
pub struct LiveState {}

impl LiveState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {}

    /// Each frame before it is shown.
    pub fn update(&mut self, _work: Work<'_>, _visible: bool) {}

    /// Applies a command.
    pub fn apply(&mut self, command: LiveCommand, _work: Work<'_>) {
        match command {
            LiveCommand::TogglePause => {}
        }
    }

    /// Shows it.
    pub fn show(&self, ui: &mut egui::Ui, _view: View<'_>) {
        ui.label("Live");
    }
}
