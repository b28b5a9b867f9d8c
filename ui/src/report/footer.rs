//! The footer under the answer: time taken, rows scanned, and links to copy the answer.

use egui::{Align, Layout, Ui};
use serde_json::json;

use super::{Question, ReportCommand, ReportState, asking, csv, full};
use crate::{
    command::Command,
    session::View,
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
        let rows = match model.rows_scanned {
            1 => "1 row scanned".to_owned(),
            rows => format!("{} rows scanned", full(Some(rows as f64))),
        };
        label(ui, &rows, Type::Small, muted);
        if wide {
            label(ui, model.engine, Type::Small, muted);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            links(ui, state, view);
        });
    });
}

fn links<Q: Question>(ui: &mut Ui, state: &ReportState<Q>, view: View<'_>) {
    let press = |ui: &mut Ui, text: &str| ui.add(Button::link(text).small()).clicked();
    if press(ui, "Copy link") {
        view.commands.send(Command::CopyLink);
    }
    if press(ui, "Copy JSON")
        && let Some(text) = json_text(state)
    {
        view.commands.send(Command::Copy {
            text,
            what: "the answer as JSON",
        });
    }
    if press(ui, "Copy CSV")
        && let Some(model) = state.chart()
    {
        view.commands.send(Command::Copy {
            text: csv(model),
            what: "the table as CSV",
        });
    }
    if press(ui, "Show pipeline") {
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
        t if t < 10.0 => format!("{t:.1} ms"),
        t if t < 1000.0 => format!("{t:.0} ms"),
        t => format!("{:.1} s", t / 1000.0),
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
