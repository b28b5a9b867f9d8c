//! How many, how often, how much, by whom, over time.

use crate::session::{View, Work};

/// What a user does in *Insights*.
#[derive(Debug, Clone, PartialEq)]
pub enum InsightsCommand {
    /// Asks again although nothing changed.
    Refresh,
}

/// The question that is being asked, and its answer.
#[derive(Debug, Default)]
pub struct InsightsState {}

impl InsightsState {
    /// Another project was chosen: start from the first screen.
    pub fn project_changed(&mut self, _work: Work<'_>) {}

    /// The project's data changed (more events than before).
    pub fn data_changed(&mut self, _work: Work<'_>) {}

    /// Each frame before it is shown: takes answers, asks what has become due.
    pub fn update(&mut self, _work: Work<'_>) {}

    /// Applies a command.
    pub fn apply(&mut self, command: InsightsCommand, _work: Work<'_>) {
        match command {
            InsightsCommand::Refresh => {}
        }
    }

    /// Shows the module in what the window leaves it: query on the left, answer on the right.
    pub fn show(&self, ui: &mut egui::Ui, _view: View<'_>) {
        ui.label("Insights");
    }
}
