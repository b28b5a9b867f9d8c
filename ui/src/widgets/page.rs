//! A page of cards in one column, and the named rows in a card.

use egui::{Align, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{card_frame, label};
use crate::theme::{Type, tokens};

const WIDTH: f32 = 680.0;
/// The left edge of the values in a card.
const VALUE_LEFT: f32 = 132.0;

/// Shows a page that scrolls.
pub fn page(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    let tokens = tokens(ui);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let area = ui.available_rect_before_wrap();
        let width = WIDTH.min(area.width() - 2.0 * tokens.space.xl);
        let left = (area.center().x - width / 2.0).round();
        let min = pos2(left, area.top() + tokens.space.xl);
        let page = Rect::from_min_size(min, vec2(width, f32::INFINITY));
        ui.scope_builder(UiBuilder::new().max_rect(page), |ui| {
            ui.spacing_mut().item_spacing.y = tokens.space.m;
            label(ui, title, Type::Large, tokens.color.text);
            add(ui);
            ui.add_space(tokens.space.xl);
        });
    });
}

/// Shows a card with a title.
pub fn group(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    let tokens = tokens(ui);
    let frame = card_frame(tokens).inner_margin(Margin::symmetric(16, 12));
    frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = tokens.space.xs;
        label(ui, title, Type::Title, tokens.color.text);
        ui.add_space(tokens.space.xs);
        add(ui);
    });
}

/// Shows a row of a card: a name, and what `add` shows beside it.
pub fn row(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let size = vec2(VALUE_LEFT, tokens(ui).size.control);
        let layout = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.set_min_size(size);
            if !name.is_empty() {
                label(ui, name, Type::Body, tokens(ui).color.muted);
            }
        });
        add(ui);
    });
}
