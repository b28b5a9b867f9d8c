//! Cards, popups and groups.

use egui::{CornerRadius, Frame, InnerResponse, Margin, Stroke, Ui};

use super::text::label;
use crate::theme::{Tokens, Type, tokens};

/// The height of a group's label.
const SECTION: f32 = 16.0;

/// A card's frame: surface colour, one-pixel border, no padding.
pub fn card_frame(tokens: &Tokens) -> Frame {
    Frame::new()
        .fill(tokens.color.surface)
        .stroke(Stroke::new(1.0, tokens.color.border))
        .corner_radius(CornerRadius::same(tokens.radius.card as u8))
}

/// A card around some controls.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let tokens = tokens(ui);
    card_frame(tokens)
        .inner_margin(Margin::same(tokens.space.m as i8))
        .show(ui, contents)
}

/// The frame of a menu or a tooltip.
pub fn popup_frame(ui: &Ui) -> Frame {
    let tokens = tokens(ui);
    Frame::new()
        .fill(tokens.color.raised)
        .stroke(Stroke::new(1.0, tokens.color.border))
        .corner_radius(CornerRadius::same(tokens.radius.control as u8))
        .shadow(ui.visuals().popup_shadow)
}

/// Shows the label of a group of controls.
pub fn section(ui: &mut Ui, title: &str) {
    let size = egui::vec2(ui.available_width(), SECTION);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_height(SECTION);
        label(ui, title, Type::SmallStrong, tokens(ui).color.muted);
    });
}

/// A horizontal line, one pixel high.
pub fn separator(ui: &mut Ui) {
    let tokens = tokens(ui);
    let size = egui::vec2(ui.available_width(), 1.0);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::HOVER);
    ui.painter().rect_filled(rect, 0.0, tokens.color.border);
}
