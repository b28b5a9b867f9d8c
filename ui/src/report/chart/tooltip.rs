//! The tooltip beside the crosshair: the values of all lines in one bucket, largest first.

use egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::{ChartLayout, ChartModel};
use crate::{
    report::{bucket_title, full},
    text,
    theme::{Type, tokens},
    widgets::{layout, layout_name, paint_text},
};

/// The most lines that are listed.
const MAX_ROWS: usize = 12;
const ROW: f32 = 18.0;
const PAD: f32 = 12.0;
const NAME: f32 = 200.0;
const GAP: f32 = 20.0;
const DOT: f32 = 16.0;

/// The lines of a bucket, largest first; those without a value last.
pub(super) fn sorted(
    model: &ChartModel,
    lines: &[usize],
    bucket: usize,
) -> Vec<(usize, Option<f64>)> {
    let value = |line: &usize| model.lines[*line].points.get(bucket).copied().flatten();
    let mut rows: Vec<(usize, Option<f64>)> =
        lines.iter().map(|line| (*line, value(line))).collect();
    rows.sort_by(|a, b| match (a.1, b.1) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    rows
}

pub(super) fn show(ui: &Ui, chart: &ChartLayout<'_>, bucket: usize, x: f32) {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let model = chart.model;
    let rows = sorted(model, &chart.lines, bucket);
    let more = rows.len().saturating_sub(MAX_ROWS);
    let rows = &rows[..rows.len() - more];
    let title = title(model, bucket);
    let lines = 1 + rows.len() + usize::from(more > 0);
    let size = vec2(width(ui, model, rows, &title), lines as f32 * ROW + 9.0);
    let place = tooltip_rect(chart.plot, x, size);
    background(ui, place);
    let painter = ui.painter();
    let put = |x: f32, y: f32, anchor, words: &str, kind, ink| {
        paint_text(painter, pos2(x, y), anchor, words, kind, ink);
    };
    let (left, right) = (place.left() + PAD, place.right() - PAD);
    let mut y = place.top() + 4.0 + ROW / 2.0;
    put(
        left,
        y,
        Align2::LEFT_CENTER,
        &title,
        Type::SmallStrong,
        color.text,
    );
    for (line, value) in rows {
        y += ROW;
        painter.circle_filled(pos2(left + 4.0, y), 4.0, color.series(*line));
        let name = &model.lines[*line].name.text;
        let name = layout_name(painter, name, Type::Small, color.text, NAME);
        painter.galley(pos2(left + DOT, y - name.size().y / 2.0), name, color.text);
        let value = full(*value);
        put(
            right,
            y,
            Align2::RIGHT_CENTER,
            &value,
            Type::SmallStrong,
            color.text,
        );
    }
    if more > 0 {
        let words = text!("report-tooltip-more", count = more);
        put(
            left,
            y + ROW,
            Align2::LEFT_CENTER,
            &words,
            Type::Small,
            color.muted,
        );
    }
}

fn title(model: &ChartModel, bucket: usize) -> String {
    let title = bucket_title(&model.buckets, bucket, model.granularity);
    match model.partial.get(bucket) {
        Some(true) => text!("report-tooltip-incomplete", title = title),
        _ => title,
    }
}

fn width(ui: &Ui, model: &ChartModel, rows: &[(usize, Option<f64>)], title: &str) -> f32 {
    let ink = tokens(ui).color.text;
    let wide = |text: &str, kind| layout(ui.painter(), text, kind, ink, NAME).size().x;
    let row = |(line, value): &(usize, Option<f64>)| {
        let name = wide(&model.lines[*line].name.text, Type::Small);
        DOT + name + GAP + wide(&full(*value), Type::SmallStrong)
    };
    let widest = rows.iter().map(row).fold(0.0, f32::max);
    (widest.max(wide(title, Type::SmallStrong)) + 2.0 * PAD).round()
}

fn background(ui: &Ui, place: Rect) {
    let tokens = tokens(ui);
    let radius = tokens.radius.control;
    let shadow = ui.visuals().popup_shadow.as_shape(place, radius);
    let border = Stroke::new(1.0, tokens.color.border);
    let painter = ui.painter();
    painter.add(shadow);
    painter.rect(
        place,
        radius,
        tokens.color.raised,
        border,
        StrokeKind::Inside,
    );
}

/// The tooltip's rectangle: left of the crosshair, or right of it where the left has no space.
fn tooltip_rect(plot: Rect, x: f32, size: egui::Vec2) -> Rect {
    let left = x - 12.0 - size.x;
    let left = if left < plot.left() { x + 12.0 } else { left };
    let left = left.min(plot.right() - size.x).max(plot.left());
    Rect::from_min_size(pos2(left.round(), plot.top() + 6.0), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_inside_the_plot() {
        let plot = Rect::from_min_size(pos2(100.0, 0.0), vec2(400.0, 300.0));
        let size = vec2(150.0, 80.0);
        assert_eq!(tooltip_rect(plot, 400.0, size).right(), 388.0);
        assert_eq!(tooltip_rect(plot, 120.0, size).left(), 132.0);
        assert!(tooltip_rect(plot, 500.0, size).right() <= 500.0);
    }
}
