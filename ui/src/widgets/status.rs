//! Small indicators: dots, chips, progress, placeholders.

use egui::{
    Color32, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use super::text::layout;
use crate::theme::{Type, tokens};

/// Paints a dot, eight points wide, for a legend or a state.
pub fn dot(ui: &Ui, center: Pos2, color: Color32) {
    ui.painter().circle_filled(center, 4.0, color);
}

/// A dot for a state; `name` is its accessible name and its tooltip.
pub fn status_dot(ui: &mut Ui, color: Color32, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::HOVER);
    dot(ui, rect.center(), color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    response.on_hover_text(name)
}

/// A word in a small box.
pub fn chip(ui: &mut Ui, text: &str, ink: Color32) -> Response {
    let tokens = tokens(ui);
    let galley = layout(ui.painter(), text, Type::Small, ink, 240.0);
    let size = galley.size() + vec2(2.0 * tokens.space.s, tokens.space.xs);
    let (rect, response) = ui.allocate_exact_size(size, Sense::HOVER);
    ui.painter().rect(
        rect,
        tokens.radius.control,
        tokens.color.raised,
        Stroke::new(1.0, tokens.color.border),
        StrokeKind::Inside,
    );
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, ink);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A thin moving line along the top of `rect`, shown while a request is pending.
pub fn progress_line(ui: &Ui, rect: Rect, time_s: f64) {
    let tokens = tokens(ui);
    let line = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0));
    let length = rect.width() * 0.3;
    let phase = (time_s / 1.4).fract() as f32;
    let start = line.left() - length + phase * (line.width() + length);
    let moving = Rect::from_min_size(pos2(start, line.top()), vec2(length, 2.0));
    let painter = ui.painter().with_clip_rect(line);
    painter.rect_filled(moving, 1.0, tokens.color.accent);
    ui.ctx().request_repaint_after_secs(1.0 / 30.0);
}

/// A placeholder for content that is being loaded.
pub fn skeleton(ui: &Ui, rect: Rect) {
    let tokens = tokens(ui);
    ui.painter()
        .rect_filled(rect, tokens.radius.control, tokens.color.raised);
}
