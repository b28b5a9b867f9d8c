//! The footer under the answer: time taken, rows scanned, and links to copy the answer.

use egui::{Align, Layout, Ui};
use serde_json::json;

use super::{Question, ReportCommand, ReportState, asking, csv, fixed};
use crate::{
    command::Command,
    session::View,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, label},
};

pub(super) fn show<Q: Question>(ui: &mut Ui, state: &ReportState<Q>, view: View<'_>) {
    let Some(model) = state.chart() else {
        return;
    };
    let muted = tokens(ui).color.muted;
    let wide = ui.available_width() > 560.0;
    ui.horizontal(|ui| {
        ui.set_height(ui.available_height());
        ui.spacing_mut().item_spacing.x = tokens(ui).space.l;
        ui.spacing_mut().interact_size.y = 18.0;
        label(ui, &milliseconds(model.took_ms), Type::Small, muted);
        let rows = text!("report-footer-rows", count = model.rows_scanned);
        label(ui, &rows, Type::Small, muted);
        if wide {
            label(ui, &model.engine.text(), Type::Small, muted);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            links(ui, state, view);
        });
    });
}

fn links<Q: Question>(ui: &mut Ui, state: &ReportState<Q>, view: View<'_>) {
    let press = |ui: &mut Ui, text: Key| ui.add(Button::link(&text.text()).small()).clicked();
    if press(ui, Key("report-copy-link")) {
        view.commands.send(Command::CopyLink);
    }
    if press(ui, Key("report-copy-json"))
        && let Some(text) = json_text(state)
    {
        view.commands.send(Command::Copy {
            text,
            what: Key("copied-json"),
        });
    }
    if press(ui, Key("report-copy-csv"))
        && let Some(model) = state.chart()
    {
        view.commands.send(Command::Copy {
            text: csv(model),
            what: Key("copied-csv"),
        });
    }
    if press(ui, Key("report-show-pipeline")) {
        view.commands.send(ReportCommand::Pipeline(true));
    }
}

/// The report and its answer, both as JSON of the API.
fn json_text<Q: Question>(state: &ReportState<Q>) -> Option<String> {
    let report = asking::json(&state.answered()?.report()?);
    let answer = serde_json::to_value(state.request().latest()?).ok()?;
    Some(format!("{:#}", json!({"report": report, "answer": answer})))
}

/// `2.1 ms`, `340 ms`, `2.4 s`.
fn milliseconds(took: f64) -> String {
    match took {
        t if t < 10.0 => text!("span-milliseconds", number = fixed(Some(t), 1)),
        t if t < 1000.0 => text!("span-milliseconds", number = t.round_ties_even()),
        t => text!("span-seconds", number = fixed(Some(t / 1000.0), 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_taken_has_a_unit() {
        assert_eq!(
            [2.14, 340.4, 2_440.0].map(milliseconds),
            ["2.1 ms", "340 ms", "2.4 s"]
        );
    }
}
