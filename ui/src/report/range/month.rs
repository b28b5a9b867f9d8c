//! The dates of the calendar: the weeks of a month, and where a key leads from a day.

use jiff::{
    Span, ToSpan as _,
    civil::{Date, Weekday},
};

/// The most weeks that a month touches. The calendar always shows so many, so that its size stays.
pub(super) const WEEKS: usize = 6;

/// A step from one day to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many days.
    Days(i32),
    /// So many months, to the same day or the last one of a shorter month.
    Months(i32),
    /// To the first day of the week.
    WeekStart,
    /// To the last day of the week.
    WeekEnd,
}

/// The day that a step leads to; the first or the last day of all is the end of the way.
pub(super) fn step(day: Date, step: Step, week_start: Weekday) -> Date {
    let in_week = i32::from(day.weekday().since(week_start));
    let span = match step {
        Step::Days(days) => Span::new().days(days),
        Step::Months(months) => Span::new().months(months),
        Step::WeekStart => (-in_week).days(),
        Step::WeekEnd => (6 - in_week).days(),
    };
    day.saturating_add(span)
}

/// The days of a month by weeks, each at the place of its weekday.
pub(super) fn weeks(month: Date, week_start: Weekday) -> [[Option<Date>; 7]; WEEKS] {
    let mut weeks = [[None; 7]; WEEKS];
    let first = month.first_of_month();
    let before = first.weekday().since(week_start).unsigned_abs().into();
    let days = first.series(1.day()).take_while(|day| is_in(*day, month));
    let places = weeks.iter_mut().flatten().skip(before);
    places.zip(days).for_each(|(place, day)| *place = Some(day));
    weeks
}

fn is_in(day: Date, month: Date) -> bool {
    (day.year(), day.month()) == (month.year(), month.month())
}

/// Some day of each weekday, in the order of the columns.
pub(super) fn weekdays(week_start: Weekday) -> [Date; 7] {
    let day = Date::ZERO;
    let first = i64::from(week_start.since(day.weekday()));
    std::array::from_fn(|place| day.saturating_add((first + place as i64).days()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_month_has_all_its_days_at_the_places_of_their_weekdays() {
        for start in [Weekday::Monday, Weekday::Saturday, Weekday::Sunday] {
            for month in 0..48 {
                let month = date(2023, 1, 15).saturating_add(Span::new().months(month));
                let weeks = weeks(month, start);
                let days: Vec<Date> = weeks.iter().flatten().flatten().copied().collect();
                assert_eq!(days.len(), month.days_in_month() as usize, "{month}");
                assert_eq!(days[0], month.first_of_month());
                assert!(days.is_sorted());
                for week in weeks {
                    for (place, day) in week.iter().enumerate() {
                        let place_of = |day: &Date| day.weekday().since(start) as usize;
                        assert!(day.as_ref().is_none_or(|day| place_of(day) == place));
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_month_may_touch_six_weeks() {
        let weeks = weeks(date(2026, 8, 22), Weekday::Monday);
        assert_eq!(weeks[0][5], Some(date(2026, 8, 1)));
        assert_eq!(weeks[5][0], Some(date(2026, 8, 31)));
        assert_eq!((weeks[0][4], weeks[5][1]), (None, None));
    }

    #[test]
    fn the_columns_begin_with_the_first_day_of_the_week() {
        let names = |start| weekdays(start).map(|day| day.weekday());
        assert_eq!(
            names(Weekday::Sunday)[..2],
            [Weekday::Sunday, Weekday::Monday]
        );
        assert_eq!(names(Weekday::Monday)[6], Weekday::Sunday);
    }

    #[test]
    fn steps_go_by_day_month_and_to_the_ends_of_the_week() {
        let day = date(2026, 8, 31);
        let to = |way| step(day, way, Weekday::Sunday);
        assert_eq!(to(Step::Days(1)), date(2026, 9, 1));
        assert_eq!(to(Step::Days(-7)), date(2026, 8, 24));
        assert_eq!(to(Step::Months(1)), date(2026, 9, 30));
        assert_eq!(to(Step::Months(-12)), date(2025, 8, 31));
        assert_eq!(to(Step::WeekStart), date(2026, 8, 30));
        assert_eq!(to(Step::WeekEnd), date(2026, 9, 5));
        assert_eq!(step(Date::MAX, Step::Days(7), Weekday::Monday), Date::MAX);
    }
}
