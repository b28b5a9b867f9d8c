//! The range of time: presets, the choice of the first screen, and the menu to choose another one,
//! with a calendar.

mod calendar;
mod day;
mod draft;
mod menu;
mod month;

use empmix_model::EpochMs;
use empmix_query::report::{Granularity, Range};
use jiff::{Span, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

pub(crate) use menu::show;

use crate::{clock::by_pattern, text, texts::Key};

/// A range of time, in the project's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeChoice {
    /// The current unit and those before it.
    Last {
        /// How many.
        last: u32,
        /// The unit.
        unit: Granularity,
    },
    /// The 12 months that end with a day.
    TwelveMonthsTo(Date),
    /// From a day to a day, both included.
    Dates {
        /// The first.
        from: Date,
        /// The last.
        to: Date,
    },
}

impl RangeChoice {
    /// The ranges in the menu.
    pub const PRESETS: [Self; 5] = [
        Self::last(7, Granularity::Day),
        Self::last(30, Granularity::Day),
        Self::last(90, Granularity::Day),
        Self::last(12, Granularity::Month),
        Self::last(1, Granularity::Year),
    ];

    const fn last(last: u32, unit: Granularity) -> Self {
        Self::Last { last, unit }
    }

    /// The text of the range's button.
    pub fn label(&self) -> String {
        match self {
            Self::Last {
                last: 1,
                unit: Granularity::Year,
            } => text!("report-range-this-year"),
            Self::Last { last, unit } => {
                let unit = unit.name();
                text!("report-range-last", count = *last, unit = unit)
            }
            Self::TwelveMonthsTo(day) => {
                text!("report-range-twelve-months", day = day_and_year(*day))
            }
            Self::Dates { from, to } if from == to => day_and_year(*from),
            Self::Dates { from, to } => {
                let from = if from.year() == to.year() {
                    by_pattern(*from, Key("date-day"))
                } else {
                    day_and_year(*from)
                };
                text!("report-range-dates", from = from, to = day_and_year(*to))
            }
        }
    }

    /// The choice that gives this range.
    pub fn of_report(range: &Range) -> Self {
        match *range {
            Range::Last { last, unit } => Self::Last { last, unit },
            Range::Dates { from, to } if from == year_before(to) => Self::TwelveMonthsTo(to),
            Range::Dates { from, to } => Self::Dates { from, to },
        }
    }

    /// The range of the report.
    pub fn report(&self) -> Range {
        match *self {
            Self::Last { last, unit } => Range::Last { last, unit },
            Self::TwelveMonthsTo(to) => Range::Dates {
                from: year_before(to),
                to,
            },
            Self::Dates { from, to } => Range::Dates { from, to },
        }
    }

    /// Its first and last day, when today is `today`.
    pub fn days(&self, today: Date) -> (Date, Date) {
        match self.report() {
            Range::Dates { from, to } => (from, to),
            Range::Last { last, unit } => {
                let from = back_from(today, i64::from(last.max(1)) - 1, unit);
                match unit {
                    Granularity::Month => (from.first_of_month(), today.last_of_month()),
                    Granularity::Year => (from.first_of_year(), today.last_of_year()),
                    _ => (from, today),
                }
            }
        }
    }

    /// The bucket width that suits the range.
    pub fn granularity(&self, today: Date) -> Granularity {
        match self.length_days(today) {
            ..=2 => Granularity::Hour,
            3..=92 => Granularity::Day,
            93..=800 => Granularity::Week,
            801..=4000 => Granularity::Month,
            _ => Granularity::Year,
        }
    }

    /// How many days it has, when today is `today`.
    pub fn length_days(&self, today: Date) -> i64 {
        let (from, to) = self.days(today);
        days_between(from, to) + 1
    }
}

fn day_and_year(day: Date) -> String {
    by_pattern(day, Key("date-day-year"))
}

/// The day that a time falls on.
pub fn day_of(time: EpochMs, zone: &TimeZone) -> Date {
    let time = Timestamp::from_millisecond(time).unwrap_or_default();
    time.to_zoned_datetime(zone.clone()).date()
}

/// The range and bucket width of the first screen: the last 30 days, or 7 where no event is older; when
/// the newest event is older, what the events fill of the 12 months that end with it.
pub fn first_screen(
    now: EpochMs,
    oldest_and_newest: Option<(EpochMs, EpochMs)>,
    zone: &TimeZone,
) -> (RangeChoice, Granularity) {
    let [week, recent, ..] = RangeChoice::PRESETS;
    let today = day_of(now, zone);
    let (first_of_week, _) = week.days(today);
    let (first_recent, _) = recent.days(today);
    let days =
        oldest_and_newest.map(|(oldest, newest)| (day_of(oldest, zone), day_of(newest, zone)));
    let range = match days {
        Some((from, _)) if from >= first_of_week => week,
        Some((_, to)) if to >= first_recent => recent,
        Some((from, to)) if from > year_before(to) => RangeChoice::Dates { from, to },
        Some((_, to)) => RangeChoice::TwelveMonthsTo(to),
        None => recent,
    };
    (range, range.granularity(today))
}

/// The day so many units before another one; the first of all days where there is none.
fn back_from(day: Date, units: i64, unit: Granularity) -> Date {
    let span = Span::new();
    let span = match unit {
        Granularity::Minute => span.try_minutes(units),
        Granularity::Hour => span.try_hours(units),
        Granularity::Day => span.try_days(units),
        Granularity::Week => span.try_weeks(units),
        Granularity::Month => span.try_months(units),
        Granularity::Quarter => span.try_months(units * 3),
        Granularity::Year => span.try_years(units),
    };
    let back = span.and_then(|span| day.checked_sub(span));
    back.unwrap_or(Date::MIN)
}

fn year_before(to: Date) -> Date {
    to.checked_sub(12.months())
        .and_then(|day| day.checked_add(1.day()))
        .unwrap_or(to)
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use strum::IntoEnumIterator as _;

    use super::*;

    const AUGUST_2026: EpochMs = 1_787_435_507_000;
    const NOVEMBER_2026: EpochMs = 1_795_000_000_000;
    const DAY: EpochMs = 86_400_000;

    #[test]
    fn old_data_starts_with_the_twelve_months_up_to_its_newest_event() {
        let years = Some((AUGUST_2026 - 800 * DAY, AUGUST_2026));
        let (range, width) = first_screen(NOVEMBER_2026, years, &TimeZone::UTC);
        assert_eq!(range.label(), "12 months to 22 Aug 2026");
        assert_eq!(width, Granularity::Week);
        let expected = Range::Dates {
            from: date(2025, 8, 23),
            to: date(2026, 8, 22),
        };
        assert_eq!(range.report(), expected);
    }

    #[test]
    fn old_data_of_three_months_starts_with_these() {
        let months = Some((AUGUST_2026 - 90 * DAY, AUGUST_2026));
        let (range, width) = first_screen(NOVEMBER_2026, months, &TimeZone::UTC);
        assert_eq!(range.label(), "24 May – 22 Aug 2026");
        assert_eq!(width, Granularity::Day);
        let one_day = Some((AUGUST_2026, AUGUST_2026));
        let (range, width) = first_screen(NOVEMBER_2026, one_day, &TimeZone::UTC);
        assert_eq!(
            (range.label().as_str(), width),
            ("22 Aug 2026", Granularity::Hour)
        );
    }

    #[test]
    fn data_of_this_week_starts_with_the_last_7_days() {
        let days = |count| Some((NOVEMBER_2026 - count * DAY, NOVEMBER_2026));
        let label = |events| {
            first_screen(NOVEMBER_2026, events, &TimeZone::UTC)
                .0
                .label()
        };
        assert_eq!(label(days(0)), "Last 7 days");
        assert_eq!(label(days(6)), "Last 7 days");
        assert_eq!(label(days(7)), "Last 30 days");
    }

    #[test]
    fn recent_data_and_no_data_start_with_the_last_30_days() {
        let recent = Some((NOVEMBER_2026 - 400 * DAY, NOVEMBER_2026 - DAY));
        for events in [recent, None] {
            let (range, width) = first_screen(NOVEMBER_2026, events, &TimeZone::UTC);
            assert_eq!(
                (range.label().as_str(), width),
                ("Last 30 days", Granularity::Day)
            );
        }
    }

    /// A link may name any range; the server refuses those that are too long.
    #[test]
    fn a_range_of_any_length_has_days_and_a_width() {
        let today = date(2026, 11, 24);
        for unit in Granularity::iter() {
            for last in [0, 1, 3_000, 20_000, 8_000_000, u32::MAX] {
                let range = RangeChoice::Last { last, unit };
                let (from, to) = range.days(today);
                assert!(from <= today && to >= today, "{range:?}: {from} to {to}");
                assert!(range.length_days(today) >= 1);
                let _ = (range.label(), range.granularity(today));
            }
        }
    }

    #[test]
    fn ranges_have_short_labels() {
        let within = RangeChoice::Dates {
            from: date(2024, 1, 1),
            to: date(2024, 12, 31),
        };
        let across = RangeChoice::Dates {
            from: date(2016, 1, 6),
            to: date(2026, 8, 22),
        };
        assert_eq!(within.label(), "1 Jan – 31 Dec 2024");
        assert_eq!(across.label(), "6 Jan 2016 – 22 Aug 2026");
        let names = RangeChoice::PRESETS.map(|preset| preset.label());
        assert_eq!(
            names,
            [
                "Last 7 days",
                "Last 30 days",
                "Last 90 days",
                "Last 12 months",
                "This year"
            ]
        );
    }

    #[test]
    fn the_width_follows_the_range() {
        let today = date(2026, 11, 24);
        let widths = RangeChoice::PRESETS.map(|preset| preset.granularity(today));
        assert_eq!(
            widths,
            [
                Granularity::Day,
                Granularity::Day,
                Granularity::Day,
                Granularity::Week,
                Granularity::Week
            ]
        );
        let day = RangeChoice::Dates {
            from: today,
            to: today,
        };
        assert_eq!(day.granularity(today), Granularity::Hour);
    }
}
