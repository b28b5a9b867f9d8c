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

/// The most characters of a name that are laid out, at each of its ends.
const ENDS: usize = 150;

/// Lays out a name in one line, with `…` for its middle where it is wider than `max_width` points: names
/// that begin alike, such as addresses of pages, stay different.
pub fn layout_name(
    painter: &Painter,
    name: &str,
    kind: Type,
    color: Color32,
    max_width: f32,
) -> Arc<Galley> {
    let name = one_line(name);
    let chars: Vec<char> = name.chars().collect();
    let put = |text: &str| layout(painter, text, kind, color, f32::INFINITY);
    let of_ends = |kept: usize| {
        let (head, tail) = (kept.div_ceil(2), chars.len() - kept / 2);
        let ends = [&chars[..head], &['…'], &chars[tail..]];
        put(&ends.concat().into_iter().collect::<String>())
    };
    let most = chars.len().min(2 * ENDS);
    let whole = if most == chars.len() {
        put(&name)
    } else {
        of_ends(most)
    };
    if whole.size().x <= max_width {
        return whole;
    }
    let (mut fits, mut too_many) = (0, most);
    while too_many - fits > 1 {
        let kept = fits.midpoint(too_many);
        if of_ends(kept).size().x <= max_width {
            fits = kept;
        } else {
            too_many = kept;
        }
    }
    of_ends(fits)
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
    fn long_names_that_begin_alike_stay_different() {
        let ctx = egui::Context::default();
        crate::theme::install(&ctx);
        let page = |end: &str| format!("https://shop.example/{}{end}", "catalogue/".repeat(30));
        let input = egui::RawInput::default();
        let mut out = ctx.run_ui(input, |ui| {
            let put =
                |name: &str| layout_name(ui.painter(), name, Type::Body, Color32::WHITE, 180.0);
            let shown = [page("shoes"), page("shirts")].map(|name| put(&name));
            for galley in &shown {
                assert!(galley.size().x <= 180.0 && galley.size().x > 160.0);
            }
            assert!(shown[0].text().starts_with("https://") && shown[0].text().ends_with("shoes"));
            assert_ne!(shown[0].text(), shown[1].text());
            assert_eq!(put("short").text(), "short");
            assert!(put(&"x".repeat(100_000)).size().x <= 180.0);
        });
        out.textures_delta.clear();
    }

    #[test]
    fn a_line_has_no_breaks() {
        assert_eq!(one_line("one\ntwo\tthree"), "one two three");
        assert!(matches!(one_line("plain"), Cow::Borrowed(_)));
    }
}
