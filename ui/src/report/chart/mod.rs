//! The chart: its card, axes, crosshair and zoom. Lines and bars are drawn by `items`
//! and `thin_bars`.

mod axis;
mod items;
mod model;
mod summary;
mod thin_bars;
mod tooltip;
mod total_bars;

use std::ops::Range;

use egui::{
    Align2, CursorIcon, EventFilter, Key, Modifiers, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use egui_plot::{Plot, PlotBounds};

pub(super) use axis::{Axis, time_ticks, value_axis};
#[cfg(test)]
pub(crate) use model::example;
pub use model::{ChartModel, Line, LineName, shorten};
pub use summary::summary;

use super::{ChartKind, Display, DisplayCommand, ReportCommand};
use crate::{
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{card_frame, focus_ring, layout, paint_text},
};

/// Distances from the card's edges to the plot.
const TOP: f32 = 20.0;
const RIGHT: f32 = 18.0;
const BOTTOM: f32 = 29.0;
const LEFT_MIN: f32 = 44.0;

/// The layout of the chart in this frame.
struct ChartLayout<'a> {
    model: &'a ChartModel,
    /// The plot, inside its axes.
    plot: Rect,
    /// The visible buckets.
    shown: Range<usize>,
    /// The visible lines.
    lines: Vec<usize>,
    axis: Axis,
    kind: ChartKind,
}

impl ChartLayout<'_> {
    /// The x coordinate of a bucket's middle. A line begins at the left edge; bars leave half a bucket
    /// of space.
    fn x(&self, bucket: usize) -> f32 {
        self.x_at(bucket as f64)
    }

    /// The x coordinate of a place between the middles of buckets.
    fn x_at(&self, bucket: f64) -> f32 {
        let (low, high) = self.x_bounds();
        let share = (bucket - low) / (high - low);
        self.plot.left() + share as f32 * self.plot.width()
    }

    fn y(&self, value: f64) -> f32 {
        let share = (value - self.axis.min) / (self.axis.max - self.axis.min);
        self.plot.bottom() - share as f32 * self.plot.height()
    }

    /// The bucket that is nearest to an x coordinate.
    fn bucket_at(&self, x: f32) -> usize {
        let (low, high) = self.x_bounds();
        let share = f64::from((x - self.plot.left()) / self.plot.width());
        let bucket = (low + share * (high - low)).round().max(0.0) as usize;
        bucket.clamp(self.shown.start, self.shown.end.saturating_sub(1))
    }

    fn x_bounds(&self) -> (f64, f64) {
        let (first, last) = (self.shown.start as f64, self.shown.end as f64 - 1.0);
        let half = match self.kind {
            ChartKind::Bar => 0.5,
            _ if last <= first => 0.5,
            _ => 0.0,
        };
        (first - half, last + half)
    }

    /// The values that the axis must cover: of the lines, or the ends of stacked bars.
    fn values(&self) -> Vec<f64> {
        let of_bucket = |bucket| {
            let points = self.lines.iter();
            points.filter_map(move |line| self.model.lines[*line].points[bucket])
        };
        let buckets = self.shown.clone();
        if !items::is_stacked(self.model, self.kind) {
            return buckets.flat_map(of_bucket).collect();
        }
        let ends = |bucket| {
            let mut stack = items::Stack::default();
            for value in of_bucket(bucket) {
                stack.put(value);
            }
            [stack.bottom, stack.top]
        };
        buckets.flat_map(ends).collect()
    }
}

/// Shows the chart.
pub(crate) fn show(
    ui: &mut Ui,
    display: &Display,
    model: &ChartModel,
    height: f32,
    view: View<'_>,
) {
    let size = vec2(ui.available_width(), height);
    let (card, _) = ui.allocate_exact_size(size, Sense::HOVER);
    ui.painter()
        .add(card_frame(tokens(ui)).paint(card.shrink(1.0)));
    if model.buckets.is_empty() {
        return;
    }
    if total_bars::applies(display, model) {
        total_bars::show(ui, display, model, card);
        return;
    }
    let chart = chart_layout(ui, display, model, card);
    grid(ui, &chart);
    draw(ui, &chart, card);
    time_labels(ui, &chart, card);
    if model.is_empty() {
        let ink = tokens(ui).color.muted;
        let text = text!("report-chart-empty");
        paint_text(
            ui.painter(),
            chart.plot.center(),
            Align2::CENTER_CENTER,
            &text,
            Type::Body,
            ink,
        );
    }
    interact(ui, &chart, view);
}

fn chart_layout<'a>(
    ui: &Ui,
    display: &Display,
    model: &'a ChartModel,
    card: Rect,
) -> ChartLayout<'a> {
    let count = model.buckets.len();
    let (from, to) = display.zoom.unwrap_or((0, count));
    let mut chart = ChartLayout {
        model,
        plot: card,
        shown: from.min(count)..to.min(count),
        lines: (0..model.lines.len())
            .filter(|line| display.is_shown(*line))
            .collect(),
        axis: value_axis(std::iter::empty(), true),
        kind: display.kind,
    };
    chart.axis = value_axis(chart.values().into_iter(), model.counts);
    let ink = tokens(ui).color.muted;
    let label = |text: &str| layout(ui.painter(), text, Type::Small, ink, 120.0).size().x;
    let widest = chart
        .axis
        .ticks
        .iter()
        .map(|(_, text)| label(text))
        .fold(0.0, f32::max);
    chart.plot = Rect::from_min_max(
        pos2(
            card.left() + (widest + 28.0).max(LEFT_MIN),
            card.top() + TOP,
        ),
        pos2(card.right() - RIGHT, card.bottom() - BOTTOM),
    );
    chart
}

fn grid(ui: &Ui, chart: &ChartLayout<'_>) {
    let color = &tokens(ui).color;
    let painter = ui.painter();
    for (value, label) in &chart.axis.ticks {
        let y = chart.y(*value).round() + 0.5;
        painter.hline(chart.plot.x_range(), y, Stroke::new(1.0, color.border));
        let at = pos2(chart.plot.left() - 8.0, y);
        paint_text(
            painter,
            at,
            Align2::RIGHT_CENTER,
            label,
            Type::Small,
            color.muted,
        );
    }
}

fn time_labels(ui: &Ui, chart: &ChartLayout<'_>, card: Rect) {
    let color = tokens(ui).color.muted;
    let buckets = chart.shown.len().max(1) as f32;
    let ticks = time_ticks(
        &chart.model.buckets,
        chart.shown.clone(),
        chart.model.granularity,
        chart.plot.width() / buckets,
    );
    for (bucket, label) in ticks {
        let galley = layout(ui.painter(), &label, Type::Small, color, 140.0);
        let half = galley.size().x / 2.0;
        let x = chart
            .x(bucket)
            .clamp(card.left() + 10.0 + half, card.right() - 10.0 - half);
        let at = pos2(x - half, chart.plot.bottom() + 7.0);
        ui.painter().galley(at, galley, color);
    }
}

/// Draws lines and bars in a plot without decoration that has the bounds of the layout.
fn draw(ui: &mut Ui, chart: &ChartLayout<'_>, card: Rect) {
    let color = &tokens(ui).color;
    let (low, high) = chart.x_bounds();
    let bounds = PlotBounds::from_min_max([low, chart.axis.min], [high, chart.axis.max]);
    // Two more points, so that a line along the edge is not clipped.
    let clip = chart.plot.expand(2.0).intersect(card);
    // A child UI, because the card's space is already allocated.
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(chart.plot));
    inside.shrink_clip_rect(clip);
    if thin_bars::apply(ui, chart) {
        thin_bars::paint(&inside, chart, color);
        return;
    }
    Plot::new("chart")
        .width(chart.plot.width())
        .height(chart.plot.height())
        .show_axes(false)
        .show_grid(false)
        .show_background(false)
        .show_x(false)
        .show_y(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(Vec2::ZERO)
        .sense(Sense::HOVER)
        .cursor_color(egui::Color32::TRANSPARENT)
        .show(&mut inside, |plot| {
            plot.set_plot_bounds(bounds);
            match chart.kind {
                ChartKind::Bar => items::bars(plot, chart, color),
                _ => items::lines(plot, chart, color),
            }
        });
}

fn interact(ui: &mut Ui, chart: &ChartLayout<'_>, view: View<'_>) {
    let id = ui.scope_id().with("plot");
    let response = ui.interact(chart.plot, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, summary(chart.model)));
    let zoom = |buckets| {
        let command = DisplayCommand::Zoom(buckets);
        view.commands.send(ReportCommand::Display(command));
    };
    if response.double_clicked() {
        zoom(None);
        return;
    }
    focus_ring(
        ui,
        &response,
        chart.plot.expand(4.0),
        tokens(ui).radius.control,
    );
    let pointer = response.hover_pos().or(response.interact_pointer_pos());
    let Some(pointer) = pointer else {
        if response.has_focus() {
            move_crosshair(ui, chart, id);
        }
        return;
    };
    let start_id = id.with("drag");
    if response.drag_started() {
        let pressed = ui.input(|input| input.pointer.press_origin());
        let start = pressed.unwrap_or(pointer).x;
        ui.data_mut(|data| data.insert_temp(start_id, start));
    }
    let start: Option<f32> = ui.data(|data| data.get_temp(start_id));
    match start {
        Some(start) if response.dragged() => {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
            let x = pointer.x.clamp(chart.plot.left(), chart.plot.right());
            let selected = Rect::from_x_y_ranges(start.min(x)..=start.max(x), chart.plot.y_range());
            let fill = tokens(ui).color.accent.gamma_multiply(0.14);
            ui.painter().rect_filled(selected, 0.0, fill);
        }
        Some(start) if response.drag_stopped() => {
            let (a, b) = (chart.bucket_at(start), chart.bucket_at(pointer.x));
            zoom(Some((a.min(b), a.max(b) + 1)));
            ui.data_mut(|data| data.remove::<f32>(start_id));
        }
        _ if response.hovered() => show_crosshair(ui, chart, chart.bucket_at(pointer.x)),
        _ => {}
    }
}

/// The arrow keys move the crosshair of a chart that has the focus.
fn move_crosshair(ui: &Ui, chart: &ChartLayout<'_>, id: egui::Id) {
    let filter = EventFilter {
        horizontal_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let last = chart.shown.end.saturating_sub(1);
    let bucket_id = id.with("bucket");
    let at: usize = ui.data(|data| data.get_temp(bucket_id)).unwrap_or(last);
    let at = ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        if pressed(Key::ArrowLeft) {
            at.saturating_sub(1)
        } else if pressed(Key::ArrowRight) {
            at + 1
        } else {
            at
        }
    });
    let at = at.clamp(chart.shown.start, last);
    ui.data_mut(|data| data.insert_temp(bucket_id, at));
    show_crosshair(ui, chart, at);
}

/// Shows the crosshair and the tooltip at a bucket.
fn show_crosshair(ui: &Ui, chart: &ChartLayout<'_>, bucket: usize) {
    let color = &tokens(ui).color;
    let at = chart.x(bucket);
    if chart.kind == ChartKind::Line {
        let stroke = Stroke::new(1.0, color.muted);
        ui.painter()
            .vline(at.round() + 0.5, chart.plot.y_range(), stroke);
        for line in &chart.lines {
            if let Some(value) = chart.model.lines[*line].points[bucket] {
                let center = pos2(at, chart.y(value));
                ui.painter().circle_filled(center, 4.5, color.surface);
                ui.painter().circle_filled(center, 3.2, color.series(*line));
            }
        }
    }
    tooltip::show(ui, chart, bucket, at);
}
