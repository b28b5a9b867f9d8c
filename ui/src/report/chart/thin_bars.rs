//! Bars that are thinner than two pixels: columns of whole pixels without space between them. Of the
//! bars that fall on one column the highest is shown, so that no peak is lost.

use std::ops::Range;

use egui::{Color32, Mesh, Rect, Ui, pos2};

use super::{
    ChartKind, ChartLayout,
    items::{Stack, bar_color, is_stacked},
};
use crate::theme::Palette;

/// Bars with fewer pixels are thin.
const THIN: f32 = 2.0;

/// A bar over whole pixels.
struct Column {
    pixels: Range<i32>,
    /// Its pieces: where each begins, its value, its colour.
    pieces: Vec<(f64, f64, Color32)>,
    /// From its lower to its upper end.
    height: f64,
}

/// Whether the bars of a chart are thin.
pub(super) fn apply(ui: &Ui, chart: &ChartLayout<'_>) -> bool {
    let bars = chart.shown.len() * side_by_side(chart);
    let pixels = chart.plot.width() * ui.pixels_per_point();
    chart.kind == ChartKind::Bar && pixels < bars as f32 * THIN
}

/// Paints the bars.
pub(super) fn paint(ui: &Ui, chart: &ChartLayout<'_>, color: &Palette) {
    let scale = ui.pixels_per_point();
    let mut mesh = Mesh::default();
    for column in highest(columns(chart, color, scale)) {
        let x = |pixel: i32| pixel as f32 / scale;
        let y = |value: f64| (chart.y(value) * scale).round() / scale;
        for (begins, value, fill) in column.pieces {
            let (one, other) = (y(begins), y(begins + value));
            let rect = Rect::from_min_max(
                pos2(x(column.pixels.start), one.min(other)),
                pos2(x(column.pixels.end), one.max(other)),
            );
            mesh.add_colored_rect(rect, fill);
        }
    }
    ui.painter().add(mesh);
}

/// How many bars each bucket has.
fn side_by_side(chart: &ChartLayout<'_>) -> usize {
    if is_stacked(chart.model, chart.kind) {
        1
    } else {
        chart.lines.len().max(1)
    }
}

/// All bars from left to right.
fn columns<'a>(
    chart: &'a ChartLayout<'_>,
    color: &'a Palette,
    scale: f32,
) -> impl Iterator<Item = Column> + 'a {
    let count = side_by_side(chart);
    let share = 1.0 / count as f64;
    let per_bar = chart.lines.len().div_ceil(count).max(1);
    chart.shown.clone().flat_map(move |bucket| {
        let bars = chart.lines.chunks(per_bar).enumerate();
        bars.map(move |(place, lines)| {
            let left = bucket as f64 - 0.5 + place as f64 * share;
            let pixel = |x: f64| (chart.x_at(x) * scale).round() as i32;
            let mut stack = Stack::default();
            let pieces = lines.iter().filter_map(|line| {
                let value = chart.model.lines[*line].points[bucket]?;
                let ink = bar_color(chart.model, color, *line, bucket);
                Some((stack.put(value), value, ink))
            });
            Column {
                pixels: pixel(left)..pixel(left + share),
                pieces: pieces.collect(),
                height: stack.top - stack.bottom,
            }
        })
    })
}

/// The highest one of those that begin at the same pixel, each at least a pixel wide.
fn highest(columns: impl Iterator<Item = Column>) -> Vec<Column> {
    let mut kept: Vec<Column> = Vec::new();
    for mut column in columns {
        column.pixels.end = column.pixels.end.max(column.pixels.start + 1);
        match kept.last_mut() {
            Some(last) if last.pixels.start == column.pixels.start => {
                last.pixels.end = last.pixels.end.max(column.pixels.end);
                if column.height > last.height {
                    (last.pieces, last.height) = (column.pieces, column.height);
                }
            }
            _ => kept.push(column),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{chart::value_axis, example};

    fn heights(width: f32, kept: impl Fn(&Column) -> f64) -> Vec<f64> {
        let line: Vec<Option<f64>> = [1.0, 5.0, 2.0, 3.0, 9.0, 4.0].map(Some).into();
        let mut model = example(None, &[("a", &line), ("b", &line)]);
        model.additive = true;
        let chart = ChartLayout {
            model: &model,
            plot: Rect::from_min_size(pos2(10.0, 0.0), egui::vec2(width, 100.0)),
            shown: 0..6,
            lines: vec![0, 1],
            axis: value_axis([18.0].into_iter(), true),
            kind: ChartKind::Bar,
        };
        let color = &crate::theme::tokens(&egui::Context::default()).color;
        let columns = highest(columns(&chart, color, 1.0));
        let ends = columns.windows(2);
        assert!(
            ends.into_iter()
                .all(|two| two[0].pixels.end == two[1].pixels.start)
        );
        columns.iter().map(kept).collect()
    }

    #[test]
    fn each_bar_has_its_pixels() {
        let all = heights(12.0, |column| column.height);
        assert_eq!(all, [2.0, 10.0, 4.0, 6.0, 18.0, 8.0]);
        let wide = heights(12.0, |column| column.pixels.len() as f64);
        assert_eq!(wide, [2.0; 6]);
    }

    #[test]
    fn no_peak_is_lost_where_bars_share_a_pixel() {
        let peaks = heights(3.0, |column| column.height);
        assert!(peaks.contains(&18.0) && peaks.contains(&10.0), "{peaks:?}");
        assert!(peaks.len() <= 4, "{peaks:?}");
    }
}
