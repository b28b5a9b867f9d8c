//! A month as a grid of days, to pick the first and the last day of a range.
//!
//! The grid is one stop of the Tab key: only the day of the cursor takes the focus, and the keys of
//! [`STEPS`] move the cursor.

use egui::{
    Align2, FocusDirection, Id, Modifiers, Rect, Response, Sense, Ui, UiBuilder, Vec2, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use empmix_query::calendar::weekday;
use jiff::civil::{Date, Weekday};

use super::{
    day::{self, Cell, Marks, is_within},
    day_of,
    draft::{Days, Draft},
    month::{Step, WEEKS, step, weekdays, weeks},
};
use crate::{
    clock::by_pattern,
    session::View,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, Icon, paint_text},
};

/// The size of a day.
const DAY: Vec2 = vec2(34.0, 24.0);
/// The height of the row with the month's name.
const TITLE: f32 = 28.0;
/// The height of the row with the names of the weekdays.
const HEADS: f32 = 20.0;
/// The width of a button beside the month's name.
const BUTTON: f32 = 28.0;
/// The width of the calendar.
pub(super) const WIDTH: f32 = 7.0 * DAY.x;

/// The keys in the grid. Those with a modifier come first, since a key without one matches both.
const STEPS: [(Modifiers, egui::Key, Step); 10] = [
    (Modifiers::SHIFT, egui::Key::PageUp, Step::Months(-12)),
    (Modifiers::SHIFT, egui::Key::PageDown, Step::Months(12)),
    (Modifiers::NONE, egui::Key::PageUp, Step::Months(-1)),
    (Modifiers::NONE, egui::Key::PageDown, Step::Months(1)),
    (Modifiers::NONE, egui::Key::ArrowLeft, Step::Days(-1)),
    (Modifiers::NONE, egui::Key::ArrowRight, Step::Days(1)),
    (Modifiers::NONE, egui::Key::ArrowUp, Step::Days(-7)),
    (Modifiers::NONE, egui::Key::ArrowDown, Step::Days(7)),
    (Modifiers::NONE, egui::Key::Home, Step::WeekStart),
    (Modifiers::NONE, egui::Key::End, Step::WeekEnd),
];

/// The buttons beside the month's name, in the order in which they are shown.
const BUTTONS: [(Icon, Key, Step); 4] = [
    (
        Icon::Fold,
        Key("report-calendar-year-before"),
        Step::Months(-12),
    ),
    (
        Icon::Back,
        Key("report-calendar-month-before"),
        Step::Months(-1),
    ),
    (
        Icon::Forward,
        Key("report-calendar-month-after"),
        Step::Months(1),
    ),
    (
        Icon::Unfold,
        Key("report-calendar-year-after"),
        Step::Months(12),
    ),
];

/// What the calendar knows of the project.
struct Calendar {
    /// The id that those of the days are made of.
    id: Id,
    week_start: Weekday,
    today: Date,
    /// The days of the oldest and the newest event.
    events: Option<Days>,
}

/// Shows the month of the draft's cursor; returns the days of a range that was just picked.
pub(super) fn show(ui: &mut Ui, id: Id, draft: &mut Draft, view: View<'_>) -> Option<Days> {
    let session = view.session;
    let week_start = session.project().map(|project| project.week_start);
    let zone = session.zone();
    let calendar = Calendar {
        id,
        week_start: weekday(week_start.unwrap_or_default()),
        today: session.today(),
        events: session
            .oldest_and_newest_ms()
            .map(|(oldest, newest)| (day_of(oldest, &zone), day_of(newest, &zone))),
    };
    let size = vec2(WIDTH, TITLE + HEADS + WEEKS as f32 * DAY.y);
    let left = (ui.available_width() - WIDTH).max(0.0) / 2.0;
    let place = Rect::from_min_size(ui.cursor().min + vec2(left, 0.0), size);
    let (title, grid) = place.split_top_bottom_at_y(place.top() + TITLE);
    let whole = UiBuilder::new().max_rect(place);
    let picked = ui.scope_builder(whole, |ui| {
        ui.expand_to_include_rect(place);
        calendar.title(ui, title, draft);
        calendar.take_keys(ui, draft);
        calendar.grid(ui, grid, draft)
    });
    picked.inner
}

impl Calendar {
    /// The month's name, and the buttons that lead to others.
    fn title(&self, ui: &mut Ui, line: Rect, draft: &mut Draft) {
        let lefts = [
            line.left(),
            line.left() + BUTTON,
            line.right() - 2.0 * BUTTON,
            line.right() - BUTTON,
        ];
        for (place, ((icon, name, way), left)) in BUTTONS.into_iter().zip(lefts).enumerate() {
            if place == BUTTONS.len() / 2 {
                month_name(ui, line.shrink2(vec2(2.0 * BUTTON, 0.0)), draft.cursor);
            }
            let rect = Rect::from_min_size(pos2(left, line.top()), Vec2::splat(BUTTON));
            if ui
                .put(rect, Button::icon_only(icon, &name.text()))
                .clicked()
            {
                draft.cursor = step(draft.cursor, way, self.week_start);
            }
        }
    }

    /// Moves the cursor by the keys that were pressed while it has the focus.
    fn take_keys(&self, ui: &Ui, draft: &mut Draft) {
        if !ui.memory(|memory| memory.has_focus(self.day_id(draft.cursor))) {
            return;
        }
        for (modifiers, key, way) in STEPS {
            let count = ui.input_mut(|input| input.count_and_consume_key(modifiers, key));
            for _ in 0..count {
                draft.cursor = step(draft.cursor, way, self.week_start);
            }
            if count > 0 {
                ui.memory_mut(|memory| {
                    memory.request_focus(self.day_id(draft.cursor));
                    // Else egui moves the focus with the arrow keys too.
                    memory.move_focus(FocusDirection::None);
                });
            }
        }
    }

    fn grid(&self, ui: &mut Ui, place: Rect, draft: &mut Draft) -> Option<Days> {
        let (heads, body) = place.split_top_bottom_at_y(place.top() + HEADS);
        let grid = UiBuilder::new()
            .max_rect(place)
            .accessibility_role(Role::Grid)
            .accessibility_label(by_pattern(draft.cursor, Key("date-month-long")));
        ui.scope_builder(grid, |ui| {
            ui.expand_to_include_rect(place);
            self.heads(ui, heads);
            let cells = self.days(ui, body, draft);
            let over = cells.iter().find(|cell| cell.response.hovered());
            let over = over.or_else(|| cells.iter().find(|cell| cell.response.has_focus()));
            let marks = Marks {
                chosen: draft.marked(over.map(|cell| cell.day)),
                events: self.events,
                today: self.today,
                week_start: self.week_start,
            };
            cells.iter().for_each(|cell| day::paint(ui, cell, &marks));
            let mut clicked = cells.iter().filter(|cell| cell.response.clicked());
            clicked.next().and_then(|cell| draft.pick(cell.day))
        })
        .inner
    }

    fn heads(&self, ui: &mut Ui, line: Rect) {
        let ui = &mut row(ui, WEEKS, line);
        for (place, day) in weekdays(self.week_start).into_iter().enumerate() {
            let rect = cell_rect(line, place);
            let name = by_pattern(day, Key("date-weekday-short"));
            let ink = tokens(ui).color.muted;
            let middle = Align2::CENTER_CENTER;
            paint_text(ui.painter(), rect.center(), middle, &name, Type::Small, ink);
            let head = ui.interact(rect, ui.unique_id().with(place), Sense::HOVER);
            head.widget_info(|| {
                let name = by_pattern(day, Key("date-weekday-long"));
                WidgetInfo::labeled(Role::ColumnHeader, true, name)
            });
        }
    }

    /// The days of the month as controls that are not painted yet: what they look like depends on
    /// where the pointer is.
    fn days(&self, ui: &mut Ui, body: Rect, draft: &Draft) -> Vec<Cell> {
        let chosen = draft.marked(None);
        let mut cells = Vec::new();
        let mut line = body.with_max_y(body.top() + DAY.y);
        let weeks = weeks(draft.cursor, self.week_start);
        for (index, week) in weeks.into_iter().enumerate() {
            if week.iter().any(Option::is_some) {
                let ui = &mut row(ui, index, line);
                let days = week.iter().enumerate();
                let days = days.filter_map(|(place, day)| day.map(|day| (place, day)));
                cells.extend(days.map(|(place, day)| {
                    let rect = cell_rect(line, place);
                    let response = self.day(ui, rect, day, draft.cursor, chosen);
                    Cell {
                        day,
                        rect,
                        response,
                    }
                }));
            }
            line = line.translate(vec2(0.0, DAY.y));
        }
        cells
    }

    fn day(&self, ui: &Ui, rect: Rect, day: Date, cursor: Date, chosen: Option<Days>) -> Response {
        let sense = if day == cursor {
            Sense::click()
        } else {
            Sense::CLICK
        };
        let response = ui.interact(rect, self.day_id(day), sense);
        response.widget_info(|| {
            let name = by_pattern(day, Key("date-weekday"));
            WidgetInfo::selected(Role::GridCell, true, is_within(day, chosen), name)
        });
        response
    }

    fn day_id(&self, day: Date) -> Id {
        self.id.with(("day", day))
    }
}

/// The month's name, which is read out when it changes.
fn month_name(ui: &mut Ui, place: Rect, day: Date) {
    let name = by_pattern(day, Key("date-month-long"));
    let news = UiBuilder::new()
        .max_rect(place)
        .accessibility_role(Role::Status);
    ui.scope_builder(news, |ui| {
        ui.expand_to_include_rect(place);
        let ink = tokens(ui).color.text;
        let middle = Align2::CENTER_CENTER;
        paint_text(
            ui.painter(),
            place.center(),
            middle,
            &name,
            Type::Strong,
            ink,
        );
        let response = ui.interact(place, ui.unique_id().with("name"), Sense::HOVER);
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &name));
    });
}

/// A row of the grid.
fn row(ui: &mut Ui, index: usize, line: Rect) -> Ui {
    let row = UiBuilder::new()
        .id_salt(("row", index))
        .max_rect(line)
        .accessibility_role(Role::Row);
    let mut row = ui.new_child(row);
    row.expand_to_include_rect(line);
    row
}

fn cell_rect(line: Rect, place: usize) -> Rect {
    let left = vec2(place as f32 * DAY.x, 0.0);
    Rect::from_min_size(line.min + left, vec2(DAY.x, line.height()))
}
