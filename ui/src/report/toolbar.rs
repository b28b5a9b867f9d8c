//! The toolbar over the answer: range, bucket width, kind of chart.

use egui::{Align, Layout, Ui};

use super::{ChartKind, Display, DisplayCommand, ReportCommand, Shared, granularity, range};
use crate::{
    session::View,
    text,
    texts::Key,
    theme::tokens,
    widgets::{Button, Icon, segmented},
};

const KINDS: [(ChartKind, Key); 3] = [
    (ChartKind::Line, Key("report-kind-line")),
    (ChartKind::Bar, Key("report-kind-bar")),
    (ChartKind::Table, Key("report-kind-table")),
];
/// Below this width the kinds of chart are in a second row.
const ONE_ROW: f32 = 380.0;
/// The largest width of bucket width and kinds of chart together.
const OTHERS: f32 = 262.0;
/// Width of the button that resets the zoom.
const RESET: f32 = 108.0;

pub(super) fn show(ui: &mut Ui, display: &Display, shared: &Shared, view: View<'_>) {
    let send = |command| view.commands.send(ReportCommand::Display(command));
    let one_row = ui.available_width() >= ONE_ROW;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens(ui).space.s;
        if display.query_folded {
            let unfold = text!("report-unfold");
            if ui.add(Button::icon_only(Icon::Unfold, &unfold)).clicked() {
                send(DisplayCommand::ToggleQuery);
            }
        }
        let zoomed = display.zoom.is_some();
        let others = if one_row { OTHERS } else { 100.0 };
        let reset = if zoomed { RESET } else { 0.0 };
        let room = ui.available_width() - others - reset;
        range::show(ui, shared.range, room, view);
        granularity::show(ui, shared, view);
        let reset = text!("report-reset-zoom");
        if zoomed && ui.add(Button::secondary(&reset)).clicked() {
            send(DisplayCommand::Zoom(None));
        }
        if one_row {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                kinds(ui, display, view);
            });
        }
    });
    if !one_row {
        kinds(ui, display, view);
    }
}

fn kinds(ui: &mut Ui, display: &Display, view: View<'_>) {
    if let Some(kind) = segmented(ui, &text!("report-kind"), &KINDS, display.kind) {
        let command = DisplayCommand::Kind(kind);
        view.commands.send(ReportCommand::Display(command));
    }
}
