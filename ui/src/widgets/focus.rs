//! The ring around the control that has the keyboard focus.

use egui::{Rect, Response, Stroke, StrokeKind, Ui};

use crate::theme::tokens;

/// Paints the ring around `rect` while `response` has the keyboard focus, and scrolls the control
/// into view when it gets the focus.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if !response.has_focus() {
        return;
    }
    scroll_into_view(response);
    let stroke = Stroke::new(2.0, tokens(ui).color.accent);
    ui.painter()
        .rect_stroke(rect, radius, stroke, StrokeKind::Outside);
}

/// Scrolls a control into view when it has just got the keyboard focus.
pub(super) fn scroll_into_view(response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
}
