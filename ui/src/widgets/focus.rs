//! The ring around what the keyboard would press.

use egui::{Rect, Response, Stroke, StrokeKind, Ui};

use crate::theme::tokens;

/// Paints the ring around `rect` while `response` has the keyboard's focus, and brings it into sight
/// when it gets it.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if !response.has_focus() {
        return;
    }
    bring_into_sight(response);
    let stroke = Stroke::new(2.0, tokens(ui).color.accent);
    ui.painter()
        .rect_stroke(rect, radius, stroke, StrokeKind::Outside);
}

/// Scrolls to what has just got the keyboard's focus.
pub(super) fn bring_into_sight(response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
}
