//! How a day of the calendar looks.

use egui::{Align2, CornerRadius, Rect, Response, Stroke, StrokeKind, Ui, vec2};
use jiff::civil::{Date, Weekday};

use super::draft::Days;
use crate::{
    theme::{Type, tokens},
    widgets::{focus_ring, paint_text},
};

/// A day in the grid.
pub(super) struct Cell {
    pub(super) day: Date,
    pub(super) rect: Rect,
    pub(super) response: Response,
}

/// What some days are marked for.
pub(super) struct Marks {
    /// The days of the range that is chosen, or would be.
    pub(super) chosen: Option<Days>,
    /// The days of the oldest and the newest event; days outside are muted.
    pub(super) events: Option<Days>,
    /// Today, which has a ring.
    pub(super) today: Date,
    /// The day that a row begins with.
    pub(super) week_start: Weekday,
}

/// Paints a day: a band behind the days of the range, its ends filled, a ring around today.
pub(super) fn paint(ui: &Ui, cell: &Cell, marks: &Marks) {
    let tokens = tokens(ui);
    let (color, radius) = (&tokens.color, tokens.radius.control);
    let painter = ui.painter();
    let inside = cell.rect.shrink2(vec2(0.0, 1.0));
    let is_end = marks
        .chosen
        .is_some_and(|(from, to)| cell.day == from || cell.day == to);
    if let Some(band) = band(cell.day, marks, radius) {
        painter.rect_filled(inside, band, color.chosen(color.raised));
    }
    if is_end {
        painter.rect_filled(inside, radius, color.accent);
    } else if cell.response.hovered() {
        painter.rect_filled(inside, radius, color.pressed(color.raised));
    }
    let has_events = marks.events.is_none() || is_within(cell.day, marks.events);
    let ink = match (is_end, has_events) {
        (true, _) => color.on_accent,
        (false, true) => color.text,
        (false, false) => color.muted,
    };
    let kind = if is_end { Type::Strong } else { Type::Body };
    let number = cell.day.day().to_string();
    let middle = cell.rect.center();
    paint_text(painter, middle, Align2::CENTER_CENTER, &number, kind, ink);
    if cell.day == marks.today {
        let stroke = Stroke::new(1.0, if is_end { ink } else { color.muted });
        let ring = inside.shrink2(vec2(4.0, 2.0));
        painter.rect_stroke(ring, radius - 2.0, stroke, StrokeKind::Inside);
    }
    focus_ring(ui, &cell.response, inside.shrink(1.0), radius);
}

/// Whether a day is one of these.
pub(super) fn is_within(day: Date, days: Option<Days>) -> bool {
    days.is_some_and(|(from, to)| (from..=to).contains(&day))
}

/// The corners of the band behind a chosen day: round where the range, the week or the month ends.
fn band(day: Date, marks: &Marks, radius: f32) -> Option<CornerRadius> {
    let (from, to) = marks.chosen.filter(|_| is_within(day, marks.chosen))?;
    let place = day.weekday().since(marks.week_start);
    let left = day == from || place == 0 || day == day.first_of_month();
    let right = day == to || place == 6 || day == day.last_of_month();
    let side = |is_round| if is_round { radius as u8 } else { 0 };
    Some(CornerRadius {
        nw: side(left),
        sw: side(left),
        ne: side(right),
        se: side(right),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_band_is_round_at_the_ends_of_the_range_and_of_each_row() {
        let marks = Marks {
            chosen: Some((date(2026, 8, 20), date(2026, 9, 2))),
            events: None,
            today: date(2026, 8, 22),
            week_start: Weekday::Monday,
        };
        let ends = |month, day| {
            let band = band(date(2026, month, day), &marks, 6.0)?;
            Some((band.nw > 0, band.ne > 0))
        };
        assert_eq!(ends(8, 19), None);
        assert_eq!(ends(8, 20), Some((true, false)), "the first day");
        assert_eq!(ends(8, 21), Some((false, false)));
        assert_eq!(ends(8, 23), Some((false, true)), "a Sunday");
        assert_eq!(
            ends(8, 31),
            Some((true, true)),
            "a Monday, the last of its month"
        );
        assert_eq!(ends(9, 2), Some((false, true)), "the last day");
    }
}
