//! Text in the sizes of the type scale.

use std::{borrow::Cow, sync::Arc};

use egui::{
    Align2, Color32, Galley, Painter, Pos2, Response, RichText, Sense, Ui, WidgetInfo,
    accesskit::Role,
    text::{LayoutJob, TextFormat, TextWrapping},
};

use crate::theme::Type;

/// Lays out one line, shortened with `…` at `max_width` points.
pub fn layout(
    painter: &Painter,
    text: &str,
    kind: Type,
    color: Color32,
    max_width: f32,
) -> Arc<Galley> {
    let format = TextFormat::simple(kind.font(), color);
    let mut job = LayoutJob::single_section(one_line(text).into_owned(), format);
    job.wrap = TextWrapping::truncate_at_width(max_width.max(0.0));
    job.break_on_newline = false;
    painter.layout_job(job)
}

/// The text with a space for each line break and other control character, which fonts cannot show.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ").into()
    } else {
        text.into()
    }
}

/// Paints one line with the `anchor` of its box at `position`; returns its width.
pub fn paint_text(
    painter: &Painter,
    position: Pos2,
    anchor: Align2,
    text: &str,
    kind: Type,
    color: Color32,
) -> f32 {
    let galley = layout(painter, text, kind, color, f32::INFINITY);
    let width = galley.size().x;
    let rect = anchor.anchor_size(position, galley.size());
    painter.galley(rect.min, galley, color);
    width
}

/// A line of text.
pub fn label(ui: &mut Ui, text: &str, kind: Type, color: Color32) -> Response {
    let text = RichText::new(text).font(kind.font()).color(color);
    ui.add(egui::Label::new(text).extend())
}

/// A paragraph.
pub fn label_wrapped(ui: &mut Ui, text: &str, kind: Type, color: Color32) -> Response {
    let text = RichText::new(text).font(kind.font()).color(color);
    ui.add(egui::Label::new(text).wrap())
}

/// A line of text, shortened with `…` at `max_width`; the tooltip has the whole text.
pub fn elided(ui: &mut Ui, text: &str, kind: Type, color: Color32, max_width: f32) -> Response {
    let galley = layout(ui.painter(), text, kind, color, max_width);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::HOVER);
    let cut = galley.elided;
    ui.painter().galley(rect.min, galley, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if cut {
        response.on_hover_text(text)
    } else {
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_breaks() {
        assert_eq!(one_line("one\ntwo\tthree"), "one two three");
        assert!(matches!(one_line("plain"), Cow::Borrowed(_)));
    }
}
