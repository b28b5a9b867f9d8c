//! The items of the plot: lines with gaps and dashes, and bars.

use egui::{Color32, Stroke};
use egui_plot::{Bar, BarChart, Line, LineStyle, PlotPoint, PlotPoints, PlotUi, Points};

use super::{ChartKind, ChartLayout, ChartModel};
use crate::theme::Palette;

const LINE_WIDTH: f32 = 2.0;
/// Opacity of the fill under the first line.
const FILL: f32 = 0.12;
/// The share of a bucket's width that its bars take.
const BAR_SHARE: f64 = 0.72;
/// Opacity of a bar of a partial bucket.
const PARTIAL: f32 = 0.45;

/// Whether bars are stacked, which requires that their values add up.
pub(super) fn is_stacked(model: &ChartModel, kind: ChartKind) -> bool {
    kind == ChartKind::Bar && model.additive
}

/// The ends of a stack of bars: positive values go up from zero, negative ones down.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Stack {
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Stack {
    /// Puts a value on its end; returns where its bar begins.
    pub(super) fn put(&mut self, value: f64) -> f64 {
        let end = if value < 0.0 {
            &mut self.bottom
        } else {
            &mut self.top
        };
        let begins = *end;
        *end += value;
        begins
    }
}

/// A run of connected points.
#[derive(Debug, PartialEq)]
struct Run {
    points: Vec<(usize, f64)>,
    dashed: bool,
}

/// Splits a line at buckets without a value, and where it changes between solid and dashed; segments
/// at partial buckets are dashed. A run shares its last point with the next run.
fn runs(points: &[Option<f64>], partial: &[bool], shown: std::ops::Range<usize>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before: Option<(usize, f64)> = None;
    let is_partial = |bucket: usize| partial.get(bucket).copied().unwrap_or(false);
    for bucket in shown {
        let Some(value) = points.get(bucket).copied().flatten() else {
            before = None;
            continue;
        };
        let here = (bucket, value);
        let dashed = is_partial(bucket) || before.is_some_and(|(bucket, _)| is_partial(bucket));
        match (before, runs.last_mut()) {
            (Some(_), Some(run)) if run.dashed == dashed || run.points.len() == 1 => {
                run.dashed = dashed;
                run.points.push(here);
            }
            (Some(before), _) => runs.push(Run {
                points: vec![before, here],
                dashed,
            }),
            (None, _) => runs.push(Run {
                points: vec![here],
                dashed: is_partial(bucket),
            }),
        }
        before = Some(here);
    }
    runs
}

/// Draws a line per segment; the first has a fill and is drawn last, on top.
pub(super) fn lines<'a>(plot: &mut PlotUi<'a>, chart: &ChartLayout<'a>, color: &Palette) {
    let first = chart.lines.first().copied();
    for index in chart.lines.iter().rev() {
        let line = &chart.model.lines[*index];
        let ink = color.series(*index);
        for run in runs(&line.points, &chart.model.partial, chart.shown.clone()) {
            let points: Vec<PlotPoint> = run
                .points
                .iter()
                .map(|(bucket, value)| PlotPoint::new(*bucket as f64, *value))
                .collect();
            if points.len() == 1 {
                let dot = PlotPoints::Owned(points);
                plot.points(
                    Points::new("", dot)
                        .radius(3.0)
                        .color(ink)
                        .allow_hover(false),
                );
                continue;
            }
            let mut drawn = Line::new("", PlotPoints::Owned(points))
                .stroke(Stroke::new(LINE_WIDTH, ink))
                .allow_hover(false);
            if run.dashed {
                drawn = drawn.style(LineStyle::Dashed { length: 4.0 });
            } else if first == Some(*index) {
                drawn = drawn.fill(chart.axis.min.max(0.0) as f32).fill_alpha(FILL);
            }
            plot.line(drawn);
        }
    }
}

/// The colour of a line's bar, which is faint where the bucket is partial.
pub(super) fn bar_color(
    model: &ChartModel,
    color: &Palette,
    line: usize,
    bucket: usize,
) -> Color32 {
    let ink = color.series(line);
    match model.partial.get(bucket) {
        Some(true) => ink.gamma_multiply(PARTIAL),
        _ => ink,
    }
}

/// Draws the bars of each bucket: stacked where their values add up, else side by side.
pub(super) fn bars<'a>(plot: &mut PlotUi<'a>, chart: &ChartLayout<'a>, color: &Palette) {
    let stacked = is_stacked(chart.model, chart.kind);
    let count = chart.lines.len().max(1) as f64;
    let width = if stacked {
        BAR_SHARE
    } else {
        BAR_SHARE / count
    };
    let mut stacks = vec![Stack::default(); chart.model.buckets.len()];
    for (place, index) in chart.lines.iter().enumerate() {
        let line = &chart.model.lines[*index];
        let shift = if stacked {
            0.0
        } else {
            (place as f64 + 0.5) * width - BAR_SHARE / 2.0
        };
        let bars = chart
            .shown
            .clone()
            .filter_map(|bucket| line.points[bucket].map(|value| (bucket, value)))
            .map(|(bucket, value)| {
                let base = if stacked {
                    stacks[bucket].put(value)
                } else {
                    0.0
                };
                let fill = bar_color(chart.model, color, *index, bucket);
                Bar::new(bucket as f64 + shift, value)
                    .base_offset(base)
                    .width(width)
                    .fill(fill)
                    .stroke(Stroke::NONE)
            })
            .collect();
        plot.bar_chart(BarChart::new("", bars).allow_hover(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_gaps_and_dashed_at_partial_buckets() {
        let points = [
            Some(1.0),
            Some(2.0),
            None,
            Some(4.0),
            None,
            Some(6.0),
            Some(7.0),
            Some(8.0),
        ];
        let partial = [false, false, false, false, false, false, false, true];
        let runs = runs(&points, &partial, 0..8);
        let shape: Vec<(Vec<usize>, bool)> = runs
            .into_iter()
            .map(|run| {
                (
                    run.points.into_iter().map(|(bucket, _)| bucket).collect(),
                    run.dashed,
                )
            })
            .collect();
        let expected = [
            (vec![0, 1], false),
            (vec![3], false),
            (vec![5, 6], false),
            (vec![6, 7], true),
        ];
        assert_eq!(shape, expected);
    }

    #[test]
    fn positive_values_are_stacked_up_and_negative_ones_down() {
        let mut stack = Stack::default();
        let begins = [100.0, -50.0, -80.0, 20.0].map(|value| stack.put(value));
        assert_eq!(begins, [0.0, 0.0, -50.0, 100.0]);
        assert_eq!((stack.top, stack.bottom), (120.0, -130.0));
    }

    #[test]
    fn a_first_partial_bucket_is_dashed_to_the_next() {
        let points = [Some(1.0), Some(2.0), Some(3.0)];
        let runs = runs(&points, &[true, false, false], 0..3);
        assert_eq!(runs.len(), 2);
        assert!(runs[0].dashed && !runs[1].dashed);
        assert_eq!(runs[0].points.len(), 2);
    }
}
