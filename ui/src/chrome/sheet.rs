//! The sheet that lists all shortcuts.

use egui::{Context, Frame, Id, Margin, Modal, ScrollArea, Ui, vec2};

use crate::{
    command::{Command, shortcuts},
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{Button, Icon, chip, label},
};

const WIDTH: f32 = 320.0;
const KEYS_WIDTH: f32 = 104.0;
/// The height that is not the list's: the header, and space around the sheet.
const AROUND: f32 = 128.0;

/// Shows the sheet over everything else.
pub(super) fn show(ctx: &Context, view: View<'_>) {
    let tokens = tokens(ctx);
    let frame = Frame::new()
        .fill(tokens.color.surface)
        .stroke(egui::Stroke::new(1.0, tokens.color.border))
        .corner_radius(egui::CornerRadius::same(10))
        .inner_margin(Margin::same(16))
        .shadow(ctx.global_style().visuals.window_shadow);
    let id = Id::unique("shortcuts");
    let area = Modal::default_area(id).accessible_name(text!("chrome-shortcuts"));
    let shown = Modal::new(id).area(area).frame(frame).show(ctx, |ui| {
        ui.set_width(WIDTH);
        let closed = header(ui);
        ui.spacing_mut().item_spacing.y = 0.0;
        // In a low window the list scrolls.
        let most = ctx.content_rect().height() - AROUND;
        let area = ScrollArea::vertical()
            .max_height(most)
            .min_scrolled_height(most);
        area.show(ui, |ui| {
            for shortcut in shortcuts::all(ctx.os()) {
                line(ui, &shortcut);
            }
        });
        closed
    });
    if shown.inner || shown.should_close() {
        view.commands.send(Command::CloseOverlay);
    }
}

fn header(ui: &mut Ui) -> bool {
    ui.horizontal(|ui| {
        let ink = tokens(ui).color.text;
        label(ui, &text!("chrome-shortcuts"), Type::Title, ink);
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let close = text!("chrome-shortcuts-close");
        let close = Button::icon_only(Icon::Close, &close);
        let close = ui.with_layout(layout, |ui| ui.add(close));
        close.inner.clicked()
    })
    .inner
}

fn line(ui: &mut Ui, shortcut: &shortcuts::Shortcut) {
    let color = &tokens(ui).color;
    ui.horizontal(|ui| {
        let size = vec2(KEYS_WIDTH, tokens(ui).size.row - 4.0);
        ui.allocate_ui_with_layout(
            size,
            egui::Layout::left_to_right(egui::Align::Center),
            |ui| {
                ui.set_min_size(size);
                chip(ui, &shortcut.keys, color.text);
            },
        );
        label(ui, &shortcut.description, Type::Body, color.muted);
    });
}
