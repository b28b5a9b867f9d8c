//! *Insights*: counts, sums and averages over time, by segment.
//!
//! [`question`] is the data that the query panel edits, [`answer`] makes the chart of an answer, `view`
//! paints the panel; all else is what every report has ([`crate::report`]).

pub mod answer;
pub mod question;
mod view;

#[cfg(test)]
mod tests;

use crate::{
    address::Parameters,
    command::Command,
    module::Page,
    report::{ReportCommand, ReportState},
    session::{UpdateCtx, View},
};
use question::{Builder, Edit};

/// The state of *Insights*.
pub type InsightsState = ReportState<Builder>;

/// An action of a user in *Insights*, besides those of every report.
#[derive(Debug, Clone, PartialEq)]
pub enum InsightsCommand {
    /// Changes the series.
    Edit(Edit),
}

impl Page for InsightsState {
    fn update(&mut self, cx: UpdateCtx<'_>, is_shown: bool) {
        if is_shown {
            self.update_report(cx);
        }
    }

    fn show(&self, ui: &mut egui::Ui, view: View<'_>) {
        view::show(ui, self, view);
    }

    fn apply(&mut self, command: &Command, cx: UpdateCtx<'_>) {
        if let Command::Insights(InsightsCommand::Edit(edit)) = command {
            self.change(cx.session, |builder, _| {
                question::apply(builder, edit.clone());
            });
        }
    }

    fn apply_to_report(&mut self, command: &ReportCommand, cx: UpdateCtx<'_>) {
        self.apply_command(command.clone(), cx);
    }

    fn project_changed(&mut self) {
        *self = Self::default();
    }

    fn address(&self) -> Parameters {
        self.parameters()
    }

    fn follows_data(&self) -> bool {
        ReportState::follows_data(self)
    }

    fn open(&mut self, state: &Parameters) -> Result<(), String> {
        self.open_report(state)
    }

    fn data_changed(&mut self, cx: UpdateCtx<'_>) {
        self.ask_again(cx);
    }

    fn reconnected(&mut self, cx: UpdateCtx<'_>) {
        self.retry(cx.session.time_s);
    }
}
