//! The ring around what the keyboard would press.

use egui::{Rect, Response, Stroke, StrokeKind, Ui};

use crate::theme::tokens;

/// Paints the ring around `rect` while `response` has the keyboard's focus.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if !response.has_focus() {
        return;
    }
    let stroke = Stroke::new(2.0, tokens(ui).color.accent);
    ui.painter()
        .rect_stroke(rect, radius, stroke, StrokeKind::Outside);
}
