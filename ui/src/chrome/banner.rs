//! The banner that shows while the backend or its store does not answer: the error and the time
//! of the next attempt.

use egui::{Align, Frame, Layout, Margin, Panel, Ui, WidgetInfo, accesskit::Role};

use crate::{
    command::Command,
    session::{Connection, View},
    text,
    theme::{Type, tokens},
    widgets::{Button, Icon, elided, label},
};

/// Shows the banner under the top bar when there is an error.
pub(super) fn show(ui: &mut Ui, view: View<'_>) {
    let session = view.session;
    let (error, retry_at_s) = match (&session.connection, &session.data_error) {
        (Connection::Disconnected { error, retry_at_s }, _) => (error, *retry_at_s),
        (_, Some(error)) => (error, session.time_s),
        (_, None) => return,
    };
    let tokens = tokens(ui);
    let color = &tokens.color;
    let frame = Frame::new()
        .fill(color.raised)
        .inner_margin(Margin::symmetric(16, 4));
    let banner = Panel::top("disconnected")
        .exact_size(36.0)
        .frame(frame)
        .show_separator_line(false);
    let text = &error.message;
    let shown = banner.show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let again = text!("chrome-try-again");
            if ui.add(Button::secondary(&again)).clicked() {
                view.commands.send(Command::Reconnect);
            }
            label(
                ui,
                &retry_text(retry_at_s - session.time_s),
                Type::Body,
                color.muted,
            );
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let side = tokens.size.icon;
                let (rect, _) = ui.allocate_exact_size(egui::vec2(side, side), egui::Sense::HOVER);
                Icon::Warning.paint(ui.painter(), rect, side, color.warn);
                let width = ui.available_width();
                elided(ui, text, Type::Body, color.text, width);
            });
        });
    });
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Alert, true, text));
    ui.ctx().request_repaint_after_secs(1.0);
}

fn retry_text(left_s: f64) -> String {
    if left_s < 0.5 {
        text!("chrome-trying")
    } else {
        text!("chrome-trying-in", seconds = left_s.ceil())
    }
}
