//! The table under the chart: a row per line, numbers to the right, sortable by every column.

mod cache;
mod model;

use egui::{
    Align2, Margin, Rect, Response, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

pub(super) use cache::TableCache;
use cache::{COLUMN_GAP, MARK, PAD, Prepared};
use model::Row;
pub use model::{SortBy, Table};

use super::{ChartModel, Display, DisplayCommand, ReportCommand, legend::line_marker, names};
use crate::{
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{HeaderCell, card_frame, focus_ring, layout_name, one_line, paint_text},
};

const HEAD: f32 = 28.0;

/// The positions of the columns.
struct Columns {
    name: Rect,
    /// The right edge and the width of each column of numbers.
    numbers: Vec<(f32, f32)>,
    /// Whether each column is muted, as those of partial buckets are.
    muted: Vec<bool>,
}

/// Shows the table in a card of this height.
pub(super) fn show(
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
    let builder = UiBuilder::new()
        .max_rect(card)
        .accessibility_role(Role::Table)
        .accessibility_label(text!("report-table"));
    ui.scope_builder(builder, |ui| {
        ui.expand_to_include_rect(card);
        contents(ui, display, model, card, view);
    });
}

fn contents(ui: &mut Ui, display: &Display, model: &ChartModel, card: Rect, view: View<'_>) {
    let row = tokens(ui).size.row;
    let width = card.width();
    let prepared = display.table.prepared(ui, model, display.sort, width);
    let columns = columns(&prepared, card);
    header(ui, display, &prepared.table, &columns, card, view);
    // Below the header and its line: as many rows as fit completely.
    let mut body = card
        .with_min_y(card.top() + HEAD + 2.0)
        .shrink2(vec2(1.0, 0.0));
    body.max.y = body.top() + ((body.height() - 1.0) / row).floor().max(1.0) * row;
    let mut reached = None;
    ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .content_margin(Margin::ZERO)
            .id_salt("rows")
            .show_rows(ui, row, prepared.order.len(), |ui, range| {
                for index in range {
                    let last = index + 1 == prepared.order.len();
                    let row = prepared.table.row(model, prepared.order[index]);
                    let shown = body_row(ui, display, &row, &columns, last, view);
                    reached = reached.or(shown.gained_focus().then_some(shown.rect));
                }
            });
    });
    if let Some(rect) = reached {
        // The rows scroll inside the card, and the card scrolls inside the answer.
        let top = rect.top().clamp(body.top(), body.bottom() - row);
        let there = Rect::from_min_size(pos2(rect.left(), top), rect.size());
        ui.scroll_to_rect(there, None);
    }
}

/// The positions of the columns, from the right; the names get the remaining width.
fn columns(prepared: &Prepared, card: Rect) -> Columns {
    let mut right = card.right() - PAD - 1.0;
    let mut numbers = Vec::new();
    for width in prepared.widths.iter().rev() {
        numbers.push((right, *width));
        right -= width + COLUMN_GAP;
    }
    numbers.reverse();
    let left = card.left() + PAD + 1.0;
    let columns = prepared.table.columns.iter();
    Columns {
        name: Rect::from_min_max(
            pos2(left, card.top()),
            pos2(right.max(left + 40.0), card.bottom()),
        ),
        numbers,
        muted: columns.map(|column| column.partial).collect(),
    }
}

fn header(
    ui: &mut Ui,
    display: &Display,
    table: &Table,
    columns: &Columns,
    card: Rect,
    view: View<'_>,
) {
    let color = &tokens(ui).color;
    let y = card.top() + 1.0..=card.top() + HEAD + 1.0;
    let (by, direction) = display.sort;
    let sort = |column| (by == column).then_some(direction);
    let mut clicked = None;
    let line = Rect::from_x_y_ranges(card.x_range(), y.clone());
    let head = UiBuilder::new()
        .max_rect(line)
        .accessibility_role(Role::Row);
    let ui = &mut ui.new_child(head);
    ui.expand_to_include_rect(line);
    let names = Rect::from_x_y_ranges(columns.name.x_range(), y.clone());
    let cell = HeaderCell::new(&table.name_label).sortable(sort(SortBy::Name));
    if cell.show(ui, names).clicked() {
        clicked = Some(SortBy::Name);
    }
    for (column, (right, width)) in table.columns.iter().zip(&columns.numbers) {
        let rect = Rect::from_x_y_ranges(right - width..=*right, y.clone());
        let cell = HeaderCell::new(&column.label)
            .right()
            .sortable(sort(column.sort));
        let mut response = cell.show(ui, rect);
        if column.partial {
            response = response.on_hover_text(text!("report-table-incomplete"));
        }
        if response.clicked() {
            clicked = Some(column.sort);
        }
    }
    let line = Stroke::new(1.0, color.border);
    let x = card.left() + 1.0..=card.right() - 1.0;
    ui.painter().hline(x, card.top() + HEAD + 1.5, line);
    if let Some(by) = clicked {
        let command = DisplayCommand::Sort(by);
        view.commands.send(ReportCommand::Display(command));
    }
}

fn body_row(
    ui: &mut Ui,
    display: &Display,
    row: &Row,
    columns: &Columns,
    last: bool,
    view: View<'_>,
) -> Response {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let size = vec2(ui.available_width(), tokens.size.row);
    let rect = Rect::from_min_size(ui.cursor().min, size);
    ui.advance_cursor_after_rect(rect);
    let builder = UiBuilder::new()
        .scope_id(ui.scope_id().with(("row", row.line)))
        .max_rect(rect)
        .sense(Sense::click())
        .accessibility_role(Role::Row);
    let ui = &mut ui.new_child(builder);
    ui.set_min_size(size);
    let response = ui.response();
    if response.hovered() {
        let fill = color.hovered(color.surface);
        ui.painter().rect_filled(rect, 0.0, fill);
    }
    let shown = display.is_shown(row.line);
    let cut = cells(ui, row, columns, rect, shown);
    // The last row needs no line, because the card has an edge.
    if !last && rect.bottom() + 4.0 < columns.name.bottom() {
        let line = Stroke::new(1.0, color.border);
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 0.5, line);
    }
    focus_ring(ui, &response, rect.shrink(2.0), tokens.radius.control);
    response.widget_info(|| {
        let values = names::list(&row.cells);
        let text = text!("report-table-row", name = &row.name, values = values);
        WidgetInfo::selected(Role::Row, true, shown, text)
    });
    if response.clicked() {
        let command = DisplayCommand::Toggle(row.line);
        view.commands.send(ReportCommand::Display(command));
    }
    if cut {
        return response.on_hover_text(&row.name);
    }
    response
}

/// Shows a row's texts; returns whether its name was cut.
fn cells(ui: &Ui, row: &Row, columns: &Columns, rect: Rect, shown: bool) -> bool {
    let color = &tokens(ui).color;
    let ink = color.text;
    let (left, middle) = (columns.name.left(), rect.center().y);
    line_marker(ui, pos2(left + 4.0, middle), row.line, shown);
    let painter = ui.painter();
    let width = columns.name.right() - left - MARK;
    let name = layout_name(painter, &row.name, Type::Body, ink, width);
    let cut = name.text() != one_line(&row.name);
    let at = pos2(left + MARK, middle - name.size().y / 2.0);
    painter.galley(at, name, ink);
    let cell = |place: usize, x: egui::Rangef, text: &str| {
        let cell = Rect::from_x_y_ranges(x, rect.y_range());
        let response = ui.interact(cell, ui.unique_id().with(place), Sense::HOVER);
        response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, text));
    };
    cell(0, columns.name.x_range(), &row.name);
    let numbers = columns.numbers.iter().zip(&columns.muted);
    for (place, (text, ((right, width), muted))) in row.cells.iter().zip(numbers).enumerate() {
        let ink = if *muted { color.muted } else { ink };
        let at = pos2(*right, middle);
        paint_text(painter, at, Align2::RIGHT_CENTER, text, Type::Body, ink);
        cell(place + 1, egui::Rangef::new(right - width, *right), text);
    }
    cut
}
