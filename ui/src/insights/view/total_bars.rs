//! Bars of totals, one per segment, largest first. They replace bars per bucket where values do not
//! add up: those cannot be stacked, and side by side they would be too thin.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    insights::{
        answer::{ChartModel, full},
        state::{ChartKind, InsightsState},
    },
    theme::{Type, tokens},
    widgets::{layout, paint_text},
};

const ROW_MAX: f32 = 34.0;
const PAD: f32 = 20.0;
const NAME_MAX: f32 = 180.0;
const GAP: f32 = 12.0;

/// Whether the chart compares the totals of segments instead of buckets.
pub(super) fn applies(state: &InsightsState, model: &ChartModel) -> bool {
    let split = model.breakdown.is_some() && model.lines.len() > 1;
    split && state.display().kind == ChartKind::Bar && !model.additive
}

pub(super) fn show(ui: &Ui, state: &InsightsState, model: &ChartModel, card: Rect) {
    let color = &tokens(ui).color;
    let rows = rows(state, model);
    let inside = card.shrink(PAD);
    let height = (inside.height() / rows.len().max(1) as f32).min(ROW_MAX);
    let painter = ui.painter();
    let name = |line: usize| {
        let text = &model.lines[line].name.text;
        layout(painter, text, Type::Body, color.text, NAME_MAX)
    };
    let names = rows.iter().map(|(line, _)| name(*line).size().x);
    let left = inside.left() + names.fold(0.0, f32::max) + GAP;
    let room = inside.right() - left - GAP - widest_value(ui, &rows);
    let highest = rows.iter().map(|(_, total)| *total).fold(0.0, f64::max);
    for (place, (line, total)) in rows.iter().enumerate() {
        let middle = inside.top() + (place as f32 + 0.5) * height;
        let label = name(*line);
        let at = pos2(inside.left(), middle - label.size().y / 2.0);
        painter.galley(at, label, color.text);
        let share = if highest > 0.0 {
            (total / highest).max(0.0) as f32
        } else {
            0.0
        };
        let size = vec2((room * share).max(1.0), height * 0.62);
        let bar = Rect::from_min_size(pos2(left, middle - size.y / 2.0), size);
        painter.rect_filled(bar, 3.0, color.series(*line));
        let end = pos2(bar.right() + 8.0, middle);
        let value = full(Some(*total));
        paint_text(
            painter,
            end,
            Align2::LEFT_CENTER,
            &value,
            Type::Strong,
            color.text,
        );
    }
    let response = ui.interact(inside, ui.scope_id().with("totals"), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, description(model, &rows)));
}

fn widest_value(ui: &Ui, rows: &[(usize, f64)]) -> f32 {
    let ink = tokens(ui).color.text;
    let width = |(_, total): &(usize, f64)| {
        let value = full(Some(*total));
        layout(ui.painter(), &value, Type::Strong, ink, 160.0)
            .size()
            .x
    };
    rows.iter().map(width).fold(0.0, f32::max)
}

/// The bars as text, for screen readers.
fn description(model: &ChartModel, rows: &[(usize, f64)]) -> String {
    let row = |(line, total): &(usize, f64)| {
        format!("{}: {}", model.lines[*line].name.text, full(Some(*total)))
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("Bars of totals. {}", rows.join(", "))
}

/// The visible lines that have a total, largest first.
fn rows(state: &InsightsState, model: &ChartModel) -> Vec<(usize, f64)> {
    let lines = model.lines.iter().enumerate();
    let mut rows: Vec<(usize, f64)> = lines
        .filter(|(index, _)| state.display().is_shown(*index))
        .filter_map(|(index, line)| line.total.map(|total| (index, total)))
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    rows
}
