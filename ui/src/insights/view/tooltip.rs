//! The card beside the crosshair: one bucket of every line, largest first.

use egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::chart::Stage;
use crate::{
    insights::answer::{Answered, bucket_title, full},
    theme::{Type, tokens},
    widgets::{layout, paint_text},
};

/// Lines that it lists at most.
const MAX_ROWS: usize = 12;
const ROW: f32 = 18.0;
const PAD: f32 = 12.0;
const NAME: f32 = 200.0;
const GAP: f32 = 20.0;
const DOT: f32 = 16.0;

/// The lines of a bucket, largest first; those without a value last.
pub(super) fn sorted(
    answered: &Answered,
    lines: &[usize],
    bucket: usize,
) -> Vec<(usize, Option<f64>)> {
    let value = |line: &usize| answered.lines[*line].points.get(bucket).copied().flatten();
    let mut rows: Vec<(usize, Option<f64>)> =
        lines.iter().map(|line| (*line, value(line))).collect();
    rows.sort_by(|a, b| match (a.1, b.1) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    rows
}

pub(super) fn show(ui: &Ui, stage: &Stage<'_>, bucket: usize, x: f32) {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let answered = stage.answered;
    let rows = sorted(answered, &stage.lines, bucket);
    let mut title = bucket_title(&answered.buckets[bucket], answered.granularity);
    if answered.partial.get(bucket) == Some(&true) {
        title.push_str(", not whole");
    }
    let more = rows.len().saturating_sub(MAX_ROWS);
    let width = {
        let wide = |text: &str, kind| layout(ui.painter(), text, kind, color.text, NAME).size().x;
        let row = |(line, value): &(usize, Option<f64>)| {
            let name = wide(&answered.lines[*line].name.text, Type::Small);
            DOT + name + GAP + wide(&full(*value), Type::SmallStrong)
        };
        let widest = rows.iter().take(MAX_ROWS).map(row).fold(0.0, f32::max);
        widest.max(wide(&title, Type::SmallStrong)) + 2.0 * PAD
    };
    let lines = 1 + rows.len().min(MAX_ROWS) + usize::from(more > 0);
    let height = lines as f32 * ROW + 9.0;
    let place = beside(stage.plot, x, vec2(width.round(), height));
    let painter = ui.painter();
    let radius = tokens.radius.control;
    painter.add(ui.visuals().popup_shadow.as_shape(place, radius));
    painter.rect(
        place,
        radius,
        color.raised,
        Stroke::new(1.0, color.border),
        StrokeKind::Inside,
    );
    let mut y = place.top() + 4.0 + ROW / 2.0;
    let left = place.left() + PAD;
    paint_text(
        painter,
        pos2(left, y),
        Align2::LEFT_CENTER,
        &title,
        Type::SmallStrong,
        color.text,
    );
    for (line, value) in rows.iter().take(MAX_ROWS) {
        y += ROW;
        painter.circle_filled(pos2(left + 4.0, y), 4.0, color.series(*line));
        let name = layout(
            painter,
            &answered.lines[*line].name.text,
            Type::Small,
            color.text,
            NAME,
        );
        painter.galley(pos2(left + DOT, y - name.size().y / 2.0), name, color.text);
        let right = pos2(place.right() - PAD, y);
        paint_text(
            painter,
            right,
            Align2::RIGHT_CENTER,
            &full(*value),
            Type::SmallStrong,
            color.text,
        );
    }
    if more > 0 {
        let text = format!("+ {more} more");
        let at = pos2(left, y + ROW);
        paint_text(
            painter,
            at,
            Align2::LEFT_CENTER,
            &text,
            Type::Small,
            color.muted,
        );
    }
}

/// Left of the crosshair, or right of it where there is no room.
fn beside(plot: Rect, x: f32, size: egui::Vec2) -> Rect {
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
        assert_eq!(beside(plot, 400.0, size).right(), 388.0);
        assert_eq!(beside(plot, 120.0, size).left(), 132.0);
        assert!(beside(plot, 500.0, size).right() <= 500.0);
    }
}
