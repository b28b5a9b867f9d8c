//! What is chosen in the open menu before it is applied: the dates in the fields, and the days in the
//! calendar. Both say the same.

use jiff::civil::Date;

/// A first and a last day.
pub(super) type Days = (Date, Date);

/// What is chosen in the open menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    /// The days of the report's range.
    of: Days,
    /// The text in the field of the first day.
    pub(super) from: String,
    /// The text in the field of the last day.
    pub(super) to: String,
    /// Where the keyboard is in the calendar, which shows the month of this day.
    pub(super) cursor: Date,
    /// The first picked day, while the second one is still to be picked.
    first: Option<Date>,
}

impl Draft {
    /// The days of the report's range; the calendar shows the last ones that are not in the future.
    pub(super) fn new(of: Days, today: Date) -> Self {
        let (from, to) = of;
        Self {
            of,
            from: from.to_string(),
            to: to.to_string(),
            cursor: to.min(today.max(from)),
            first: None,
        }
    }

    /// Whether it began with these days.
    pub(super) fn is_of(&self, days: Days) -> bool {
        self.of == days
    }

    /// The days in the fields, if they are dates in order.
    pub(super) fn days(&self) -> Option<Days> {
        let (from, to) = (parse(&self.from)?, parse(&self.to)?);
        (from <= to).then_some((from, to))
    }

    /// The days that the calendar marks, with `over` as the day that may be picked next.
    pub(super) fn marked(&self, over: Option<Date>) -> Option<Days> {
        match self.first {
            Some(first) => Some(in_order(first, over.unwrap_or(first))),
            None => self.days(),
        }
    }

    /// Picks a day: the first one, or the second one, which gives the range.
    pub(super) fn pick(&mut self, day: Date) -> Option<Days> {
        self.cursor = day;
        let first = self.first.take();
        let (from, to) = in_order(first.unwrap_or(day), day);
        (self.from, self.to) = (from.to_string(), to.to_string());
        if first.is_none() {
            self.first = Some(day);
            return None;
        }
        Some((from, to))
    }

    /// A date was typed: the calendar shows it.
    pub(super) fn typed(&mut self, text: &str) {
        self.first = None;
        self.cursor = parse(text).unwrap_or(self.cursor);
    }
}

/// The date that a text says.
pub(super) fn parse(text: &str) -> Option<Date> {
    text.trim().parse().ok()
}

fn in_order(one: Date, other: Date) -> Days {
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 8, 22);

    fn draft() -> Draft {
        Draft::new((date(2026, 7, 24), TODAY), TODAY)
    }

    #[test]
    fn typed_dates_must_be_dates_in_order() {
        let typed = |from: &str, to: &str| {
            let draft = Draft {
                from: from.to_owned(),
                to: to.to_owned(),
                ..draft()
            };
            draft.days()
        };
        assert!(typed("2026-01-01", " 2026-01-01").is_some());
        assert!(typed("2026-01-02", "2026-01-01").is_none());
        assert!(typed("2026-02-30", "2026-03-01").is_none());
    }

    #[test]
    fn two_days_are_picked_in_either_order() {
        let (early, late) = (date(2026, 5, 11), date(2026, 6, 2));
        for (first, second) in [(early, late), (late, early)] {
            let mut draft = draft();
            assert_eq!(draft.pick(first), None);
            assert_eq!(draft.days(), Some((first, first)), "the fields follow");
            assert_eq!(draft.marked(Some(second)), Some((early, late)));
            assert_eq!(draft.marked(None), Some((first, first)));
            assert_eq!(draft.pick(second), Some((early, late)));
            assert_eq!((draft.days(), draft.cursor), (Some((early, late)), second));
            assert_eq!(draft.pick(early), None, "the next one is a first one again");
        }
    }

    #[test]
    fn a_range_can_be_one_day() {
        let mut draft = draft();
        draft.pick(TODAY);
        assert_eq!(draft.pick(TODAY), Some((TODAY, TODAY)));
    }

    #[test]
    fn the_calendar_shows_what_is_typed_and_a_picked_day_is_given_up() {
        let mut draft = draft();
        draft.pick(TODAY);
        draft.typed("2024-02-29");
        assert_eq!(draft.cursor, date(2024, 2, 29));
        assert_eq!(draft.marked(Some(TODAY)), draft.days());
        draft.typed("2024-02-3");
        assert_eq!(draft.cursor, date(2024, 2, 29), "until it is a date");
    }

    #[test]
    fn it_begins_at_the_last_day_that_is_not_in_the_future() {
        let cursor = |from, to| Draft::new((from, to), TODAY).cursor;
        assert_eq!(cursor(date(2026, 1, 1), date(2026, 12, 31)), TODAY);
        assert_eq!(cursor(date(2026, 1, 1), date(2026, 3, 4)), date(2026, 3, 4));
        let later = date(2027, 1, 1);
        assert_eq!(cursor(later, date(2027, 2, 2)), later);
    }
}
