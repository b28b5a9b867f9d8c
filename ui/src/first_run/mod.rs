//! The empty state: how to send the first event.

use crate::session::{View, Work};

/// What a user does in the empty state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstRunCommand {
    /// Loads the sample data.
    LoadSample,
}

/// The empty state.
#[derive(Debug, Default)]
pub struct FirstRunState {}

impl FirstRunState {
    /// Another project was chosen.
    pub fn project_changed(&mut self) {}

    /// Each frame before it is shown.
    pub fn update(&mut self, _work: Work<'_>, _visible: bool) {}

    /// Applies a command.
    pub fn apply(&mut self, command: FirstRunCommand, _work: Work<'_>) {
        match command {
            FirstRunCommand::LoadSample => {}
        }
    }

    /// Shows it.
    pub fn show(&self, ui: &mut egui::Ui, _view: View<'_>) {
        ui.label("Send your first event");
    }
}
