//! The panel that shows the pipeline or plan of the question.

use egui::{Align, Layout, Rect, ScrollArea, Stroke, Ui, UiBuilder};
use serde_json::Value;

use crate::{
    async_value::AsyncValue,
    command::Command,
    report::ReportCommand,
    session::View,
    snippet::code_block,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, Icon, label, label_wrapped, progress_line},
};

const WIDTH: f32 = 440.0;

/// Shows the panel over the right side of the answer.
pub(super) fn show(ui: &mut Ui, answer: Rect, value: &AsyncValue<Value>, view: View<'_>) {
    let tokens = tokens(ui);
    let place = answer.with_min_x((answer.right() - WIDTH).max(answer.left()));
    let layer = egui::LayerId::new(egui::Order::Middle, ui.scope_id().with("pipeline"));
    let builder = UiBuilder::new()
        .layer_id(layer)
        .max_rect(place)
        .layout(Layout::top_down(Align::Min))
        .accessibility_role(egui::accesskit::Role::Dialog)
        .accessibility_label(text!("report-pipeline"));
    ui.scope_builder(builder, |ui| {
        ui.interact(place, ui.scope_id().with("ground"), egui::Sense::CLICK);
        let painter = ui.painter();
        painter.add(ui.visuals().window_shadow.as_shape(place, 0.0));
        painter.rect_filled(place, 0.0, tokens.color.surface);
        painter.vline(
            place.left() + 0.5,
            place.y_range(),
            Stroke::new(1.0, tokens.color.border),
        );
        let inside = place.shrink(tokens.space.l);
        ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
            ui.spacing_mut().item_spacing.y = tokens.space.m;
            header(ui, value, view);
            body(ui, value, view);
        });
    });
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape)) {
        view.commands.send(ReportCommand::Pipeline(false));
    }
}

fn header(ui: &mut Ui, value: &AsyncValue<Value>, view: View<'_>) {
    ui.horizontal(|ui| {
        let ink = tokens(ui).color.text;
        label(ui, &text!("report-pipeline"), Type::Title, ink);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = text!("report-pipeline-close");
            if ui.add(Button::icon_only(Icon::Close, &close)).clicked() {
                view.commands.send(ReportCommand::Pipeline(false));
            }
            let (label, name) = (
                text!("report-pipeline-copy"),
                text!("report-pipeline-copy-name"),
            );
            let copy = Button::secondary(&label).icon(Icon::Copy).name(&name);
            let text = value.latest().map(pretty);
            if ui.add(copy.enabled(text.is_some())).clicked()
                && let Some(text) = text
            {
                view.commands.send(Command::Copy {
                    text,
                    what: Key("copied-pipeline"),
                });
            }
        });
    });
}

fn body(ui: &mut Ui, value: &AsyncValue<Value>, view: View<'_>) {
    let color = &tokens(ui).color;
    if let Some(error) = value.error() {
        label_wrapped(ui, &error.message, Type::Body, color.bad);
        return;
    }
    let Some(value) = value.latest() else {
        progress_line(ui, ui.available_rect_before_wrap(), view.session.time_s);
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            code_block(ui, &text!("report-pipeline-code"), &pretty(value));
        });
}

fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}
