//! The table of *Live*; only visible rows are laid out.

use egui::{
    Align2, Color32, Rect, Response, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};

use empmix_model::{EpochMs, stored::EventSchema};
use jiff::civil::Date;

use super::{LiveCommand, LiveState, ring::EventRow};
use crate::{
    clock::{by_pattern, time_of_day, zone_name, zone_offset},
    report::day_of,
    session::{Session, View},
    text,
    texts::Key,
    theme::{Tokens, Type, tokens},
    widgets::{dot, focus_ring, layout, one_line, paint_text},
};

/// The left edges of the columns, from the table's left edge.
const TIME: f32 = 12.0;
const EVENT: f32 = 103.0;
const USER: f32 = 274.0;
const PROPERTIES: f32 = 365.0;
/// Space for a day before the time, where events are of several days, and for one with its year.
const DAY: f32 = 62.0;
const DAY_AND_YEAR: f32 = 92.0;
/// Space for the zone's offset after the time, where it is not that of now.
const OFFSET: f32 = 52.0;
/// The column of properties is hidden when it would be narrower than this.
const PROPERTIES_MIN: f32 = 80.0;

impl LiveState {
    /// The rows that match the filter, newest first.
    pub(super) fn shown_rows(&self) -> Vec<&EventRow> {
        let event = self.event.as_deref();
        let rows = self.ring.rows().iter();
        rows.filter(|row| row.matches(&self.filter, event))
            .collect()
    }

    /// Shows the table.
    pub(super) fn table(&self, ui: &mut Ui, view: View<'_>, rows: &[&EventRow]) {
        let tokens = tokens(ui);
        let row = tokens.size.row;
        let card = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(card);
        let border = Stroke::new(1.0, tokens.color.border);
        ui.painter()
            .rect_filled(card, tokens.radius.card, tokens.color.surface);
        let today = view.session.today();
        let day = |row: &EventRow| day_of(row.event.time, &view.session.zone());
        let days = if rows.iter().any(|row| day(row).year() != today.year()) {
            DAY_AND_YEAR
        } else if rows.iter().any(|row| day(row) != today) {
            DAY
        } else {
            0.0
        };
        let is_moved = |row: &&EventRow| other_offset(row.event.time, view.session).is_some();
        let offsets = if rows.iter().any(is_moved) {
            OFFSET
        } else {
            0.0
        };
        let shift = days + offsets;
        let builder = UiBuilder::new()
            .max_rect(card)
            .accessibility_role(Role::Table)
            .accessibility_label(text!("live-events"));
        let ui = &mut ui.new_child(builder);
        ui.expand_to_include_rect(card);
        header(ui, card, shift, view.session);
        // As many rows as fit completely.
        let mut body = card.shrink(1.0);
        body.min.y = card.top() + row;
        body.max.y = body.top() + (body.height() / row).floor().max(1.0) * row;
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            ui.set_clip_rect(body.intersect(ui.clip_rect()));
            ui.spacing_mut().item_spacing.y = 0.0;
            let area = ScrollArea::vertical().id_salt("rows").auto_shrink(false);
            area.show_rows(ui, row, rows.len(), |ui, shown| {
                for index in shown {
                    let row = rows[index];
                    // The day is shown where it changes.
                    let above = index.checked_sub(1).map_or(today, |above| day(rows[above]));
                    let placed = PlacedRow {
                        row,
                        day: (day(row) != above).then(|| day(row)),
                        days,
                        shift,
                        selected: self.is_selected(row.event.id),
                        bottom: card.bottom(),
                    };
                    if placed.show(ui, view.session).clicked() {
                        view.commands.send(LiveCommand::Select(row.event.id));
                    }
                }
            });
        });
        ui.painter()
            .rect_stroke(card, tokens.radius.card, border, egui::StrokeKind::Inside);
    }
}

fn header(ui: &mut Ui, card: Rect, shift: f32, session: &Session) {
    let tokens = tokens(ui);
    let middle = card.top() + tokens.size.row / 2.0;
    let zone = zone_name(session.now_ms, &session.zone());
    let columns = [
        (TIME, text!("live-column-time", zone = zone)),
        (EVENT + shift, text!("live-column-event")),
        (USER + shift, text!("live-column-user")),
        (PROPERTIES + shift, text!("live-column-properties")),
    ];
    let shown = if has_properties(card, shift) { 4 } else { 3 };
    let inside = card.intersect(ui.clip_rect());
    let head = card.with_max_y(card.top() + tokens.size.row);
    let builder = UiBuilder::new()
        .max_rect(head)
        .accessibility_role(Role::Row);
    let ui = &mut ui.new_child(builder);
    ui.expand_to_include_rect(head);
    let painter = ui.painter().with_clip_rect(inside);
    for (left, name) in columns.into_iter().take(shown) {
        let at = pos2(card.left() + left, middle);
        let color = tokens.color.muted;
        let width = paint_text(&painter, at, Align2::LEFT_CENTER, &name, Type::Small, color);
        let place = Rect::from_min_size(pos2(at.x, head.top()), vec2(width, head.height()));
        let cell = ui.interact(
            place.intersect(inside),
            ui.unique_id().with(&name),
            Sense::HOVER,
        );
        cell.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &name));
    }
    let line = Stroke::new(1.0, tokens.color.border);
    ui.painter()
        .hline(card.x_range(), card.top() + tokens.size.row - 0.5, line);
}

/// A row with its place in the table.
struct PlacedRow<'a> {
    row: &'a EventRow,
    /// The day, where it is another one than in the row above.
    day: Option<Date>,
    /// How far the time is shifted, for the days.
    days: f32,
    /// How far the columns after the time are shifted.
    shift: f32,
    selected: bool,
    /// The card's lower edge; a row that touches it gets no line.
    bottom: f32,
}

impl PlacedRow<'_> {
    fn show(&self, ui: &mut Ui, session: &Session) -> Response {
        let tokens = tokens(ui);
        let color = &tokens.color;
        let event = &self.row.event;
        let size = vec2(ui.available_width(), tokens.size.row);
        let rect = Rect::from_min_size(ui.cursor().min, size);
        // The id is the event's, so that the focus stays on the row while new rows push it down.
        let id = ui.scope_id().with(event.id);
        ui.advance_cursor_after_rect(rect);
        let builder = UiBuilder::new()
            .scope_id(id)
            .max_rect(rect)
            .sense(Sense::click())
            .accessibility_role(Role::Row);
        let ui = &mut ui.new_child(builder);
        ui.set_min_size(size);
        let response = ui.response();
        if self.selected || response.hovered() {
            ui.painter().rect_filled(rect, 0.0, color.raised);
        }
        if rect.bottom() + 4.0 < self.bottom {
            let line = Stroke::new(1.0, color.border);
            ui.painter()
                .hline(rect.x_range(), rect.bottom() - 0.5, line);
        }
        let time = time_of_day(event.time, &session.zone());
        let time = match other_offset(event.time, session) {
            Some(offset) => text!("date-with-offset", time = time, offset = offset),
            None => time,
        };
        let day = self.day.map(|day| {
            let is_of_this_year = day.year() == session.today().year();
            let key = if is_of_this_year {
                Key("date-day")
            } else {
                Key("date-day-year")
            };
            by_pattern(day, key)
        });
        self.texts(ui, rect, day.as_deref(), &time, session);
        focus_ring(ui, &response, rect.shrink(2.0), tokens.radius.control);
        let name = || {
            let time = match &day {
                Some(day) => text!("live-row-time", day = day, time = &time),
                None => time.clone(),
            };
            let (event, user) = (&event.event, &event.user_id);
            text!("live-row", time = time, event = event, user = user)
        };
        let selected = self.selected;
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, name()));
        response
    }

    fn texts(&self, ui: &Ui, rect: Rect, day: Option<&str>, time: &str, session: &Session) {
        let tokens = tokens(ui);
        let color = &tokens.color;
        let event = &self.row.event;
        let shift = self.shift;
        let put = |left: f32, right: f32, text: &str, kind: Type, ink: Color32| {
            let galley = layout(ui.painter(), text, kind, ink, right - left - 8.0);
            let at = pos2(rect.left() + left, rect.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, ink);
            let ends = rect.left() + left..=(rect.left() + right - 8.0).min(rect.right());
            let cell = Rect::from_x_y_ranges(ends, rect.y_range());
            let cell = ui.interact(cell, ui.unique_id().with(left as i32), Sense::HOVER);
            cell.widget_info(|| WidgetInfo::labeled(Role::Cell, true, text));
        };
        if let Some(day) = day {
            put(
                TIME - 1.0,
                TIME + self.days,
                day,
                Type::SmallStrong,
                color.text,
            );
        }
        put(
            TIME - 1.0 + self.days,
            EVENT + shift,
            time,
            Type::Mono,
            color.muted,
        );
        let ink = event_color(tokens, session, &event.event);
        let at = pos2(rect.left() + EVENT + shift + 3.0, rect.center().y);
        dot(ui, at, ink);
        let (left, right) = (EVENT + shift + 15.0, USER + shift);
        put(left, right, &event.event, Type::Body, color.text);
        let user = short_id(&event.user_id);
        let (left, right) = (USER + shift - 1.0, PROPERTIES + shift);
        put(left, right, &user, Type::Mono, color.text);
        if has_properties(rect, shift) {
            let left = PROPERTIES + shift;
            let job = properties(self.row, tokens, rect.width() - left - 12.0);
            let galley = ui.painter().layout_job(job);
            let top = rect.center().y - galley.size().y / 2.0;
            let at = pos2(rect.left() + left - 1.0, top);
            ui.painter().galley(at, galley, color.text);
        }
    }
}

fn properties(row: &EventRow, tokens: &Tokens, width: f32) -> LayoutJob {
    let format = |ink| TextFormat::simple(Type::Body.font(), ink);
    let mut job = LayoutJob {
        wrap: TextWrapping::truncate_at_width(width.max(0.0)),
        break_on_newline: false,
        ..LayoutJob::default()
    };
    for (index, (name, value)) in row.properties.iter().enumerate() {
        if index > 0 {
            job.append(" · ", 0.0, format(tokens.color.muted));
        }
        let name = format!("{} ", one_line(name));
        job.append(&name, 0.0, format(tokens.color.muted));
        let value: String = value.chars().take(120).collect();
        job.append(&one_line(&value), 0.0, format(tokens.color.text));
    }
    job
}

/// The zone's offset at that time, where it is not the one of now: `+02:00`.
fn other_offset(time: EpochMs, session: &Session) -> Option<String> {
    let zone = session.zone();
    let offset = zone_offset(time, &zone);
    (offset != zone_offset(session.now_ms, &zone)).then_some(offset)
}

fn has_properties(rect: Rect, shift: f32) -> bool {
    rect.width() - PROPERTIES - shift >= PROPERTIES_MIN
}

/// The colour of an event name: that of its position among the project's events in the order in which
/// they were first seen, so that it does not change. A name that is not known yet comes last.
pub(super) fn event_color(tokens: &Tokens, session: &Session, event: &str) -> Color32 {
    let events = session.schema.latest().map(|schema| &schema.events);
    let mut place = 0;
    if let Some(events) = events {
        let known = events.iter().find(|one| one.name == event);
        place = known.map_or(events.len(), |known| {
            let earlier = events.iter().filter(|one| order(one) < order(known));
            earlier.count()
        });
    }
    tokens.color.series(place)
}

fn order(event: &EventSchema) -> (EpochMs, &str) {
    (event.first_seen, &event.name)
}

/// `bc86fd63…`
fn short_id(id: &str) -> String {
    match id.char_indices().nth(8) {
        Some((end, _)) => format!("{}…", &id[..end]),
        None => id.to_owned(),
    }
}
