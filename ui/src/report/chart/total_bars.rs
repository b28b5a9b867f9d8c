//! Bars of totals, one per segment, largest first. They replace bars per bucket where values do not
//! add up: those cannot be stacked, and side by side they would be too thin.

use egui::{
    Align2, Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{ChartKind, ChartModel, Display};
use crate::{
    report::{full, names},
    text,
    theme::{Type, tokens},
    widgets::{layout, layout_name, paint_text},
};

/// The largest and the smallest height of a row; where the smallest does not fit, the rows scroll.
const ROW: (f32, f32) = (24.0, 34.0);
const PAD: f32 = 20.0;
const NAME_MAX: f32 = 180.0;
const GAP: f32 = 12.0;
/// The rows that the widths of names and numbers are measured by, besides the last one.
const MEASURED: usize = 200;
/// The most bars that are described one by one.
const MAX_DESCRIBED: usize = 20;

/// Whether the chart compares the totals of segments instead of buckets.
pub(super) fn applies(display: &Display, model: &ChartModel) -> bool {
    display.kind == ChartKind::Bar && model.compares_totals()
}

/// Where the parts of each row are.
struct Columns {
    names: f32,
    /// The ends of the space for bars.
    bars: (f32, f32),
    /// The values at these ends.
    values: (f64, f64),
}

impl Columns {
    fn of(ui: &Ui, model: &ChartModel, rows: &[(usize, f64)], inside: Rect) -> Self {
        let color = tokens(ui).color.text;
        let wide = |text: &str, kind, most| layout(ui.painter(), text, kind, color, most).size().x;
        let measured = || rows.iter().take(MEASURED).chain(rows.last());
        let names = measured().map(|(line, _)| {
            let name = &model.lines[*line].name.text;
            wide(name, Type::Body, NAME_MAX)
        });
        let value = measured().map(|(_, total)| wide(&full(Some(*total)), Type::Strong, 160.0));
        let value = value.fold(0.0, f32::max) + GAP;
        let left = inside.left() + names.fold(0.0, f32::max) + GAP;
        let (low, high) = rows
            .iter()
            .fold((0.0_f64, 0.0_f64), |(low, high), (_, total)| {
                (low.min(*total), high.max(*total))
            });
        // The number of a negative bar is left of it.
        let left = if low < 0.0 { left + value } else { left };
        Self {
            names: inside.left(),
            bars: (left, inside.right() - value),
            values: (low, if low == high { low + 1.0 } else { high }),
        }
    }

    fn x(&self, value: f64) -> f32 {
        let (low, high) = self.values;
        let share = ((value - low) / (high - low)) as f32;
        self.bars.0 + share * (self.bars.1 - self.bars.0)
    }

    /// Both ends of the bar of a total: from zero, to the left where it is negative.
    fn ends(&self, total: f64) -> (f32, f32) {
        let (zero, end) = (self.x(0.0), self.x(total));
        (zero.min(end), zero.max(end).max(zero.min(end) + 1.0))
    }
}

pub(super) fn show(ui: &mut Ui, display: &Display, model: &ChartModel, card: Rect) {
    let rows = rows(display, model);
    let inside = card.shrink(PAD);
    let height = inside.height() / rows.len().max(1) as f32;
    let height = height.clamp(ROW.0, ROW.1);
    let columns = Columns::of(ui, model, &rows, inside);
    let area = inside.with_max_x(card.right() - 4.0);
    // The card has its place already: what is in it leaves the cursor below the card.
    let mut list = ui.new_child(UiBuilder::new().max_rect(area));
    list.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("totals")
        .auto_shrink([false, false])
        .content_margin(Margin::ZERO)
        .show_rows(&mut list, height, rows.len(), |ui, range| {
            for (line, total) in &rows[range] {
                let size = vec2(ui.available_width(), height);
                let (rect, _) = ui.allocate_exact_size(size, Sense::HOVER);
                row(ui, model, &columns, rect, (*line, *total));
            }
        });
    let response = ui.interact(inside, ui.scope_id().with("totals"), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, description(model, &rows)));
}

fn row(ui: &Ui, model: &ChartModel, columns: &Columns, rect: Rect, (line, total): (usize, f64)) {
    let color = &tokens(ui).color;
    let painter = ui.painter();
    let middle = rect.center().y;
    let name = &model.lines[line].name.text;
    let label = layout_name(painter, name, Type::Body, color.text, NAME_MAX);
    let at = pos2(columns.names, middle - label.size().y / 2.0);
    painter.galley(at, label, color.text);
    let (left, right) = columns.ends(total);
    let bar = Rect::from_x_y_ranges(
        left..=right,
        middle - rect.height() * 0.31..=middle + rect.height() * 0.31,
    );
    painter.rect_filled(bar, 3.0, color.series(line));
    let value = full(Some(total));
    let (at, anchor) = if total < 0.0 {
        (pos2(bar.left() - 8.0, middle), Align2::RIGHT_CENTER)
    } else {
        (pos2(bar.right() + 8.0, middle), Align2::LEFT_CENTER)
    };
    paint_text(painter, at, anchor, &value, Type::Strong, color.text);
}

/// The bars as text, for screen readers.
fn description(model: &ChartModel, rows: &[(usize, f64)]) -> String {
    let row = |(line, total): &(usize, f64)| {
        let name = &model.lines[*line].name.text;
        text!("report-totals-row", name = name, total = full(Some(*total)))
    };
    let described: Vec<String> = rows.iter().take(MAX_DESCRIBED).map(row).collect();
    let more = rows.len() - described.len();
    let rows = names::list(&described);
    match more {
        0 => text!("report-totals", rows = rows),
        more => text!("report-totals-more", rows = rows, more = more),
    }
}

/// The visible lines that have a total, largest first.
fn rows(display: &Display, model: &ChartModel) -> Vec<(usize, f64)> {
    let lines = model.lines.iter().enumerate();
    let mut rows: Vec<(usize, f64)> = lines
        .filter(|(index, _)| display.is_shown(*index))
        .filter_map(|(index, line)| line.total.map(|total| (index, total)))
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_go_left_of_zero_where_they_are_negative() {
        let columns = Columns {
            names: 0.0,
            bars: (100.0, 500.0),
            values: (-130.0, 70.0),
        };
        assert_eq!(columns.ends(-130.0), (100.0, 360.0));
        assert_eq!(columns.ends(70.0), (360.0, 500.0));
        assert_eq!(columns.ends(0.0), (360.0, 361.0));
        let below = Columns {
            values: (-4.0, 0.0),
            ..columns
        };
        assert_eq!(below.ends(-1.0), (400.0, 500.0));
    }
}
