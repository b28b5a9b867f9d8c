//! Labels of buckets, made from the start in the answer, which is local time of the project's zone.

use empmix_query::report::Granularity;
use jiff::civil::DateTime;

use crate::{clock::by_pattern, text, texts::Key};

/// The local time of a bucket's start, such as `2026-01-01T00:00:00+00:00`.
pub(super) fn wall_clock(start: &str) -> Option<DateTime> {
    start.get(..19)?.parse().ok()
}

fn named(start: &str, pattern: impl Fn(DateTime) -> Key) -> String {
    wall_clock(start).map_or_else(|| start.to_owned(), |time| by_pattern(time, pattern(time)))
}

/// Whether a bucket is the first of its day.
pub(super) fn begins_day(starts: &[String], index: usize) -> bool {
    let date = |at: usize| starts.get(at)?.get(..10);
    match index.checked_sub(1).and_then(date) {
        Some(before) => date(index) != Some(before),
        None => starts
            .get(index)
            .is_some_and(|start| start.get(11..16) == Some("00:00")),
    }
}

/// The most buckets within which a change of the clock repeats a time: two hours of minutes.
const REPEATED: usize = 120;

/// The bucket's name, with the zone's offset where another bucket has the same local time: one of those
/// that a change of the clock repeats.
fn distinct(starts: &[String], index: usize, name: impl Fn(&str) -> String) -> String {
    let Some(start) = starts.get(index) else {
        return String::new();
    };
    let around = index.saturating_sub(REPEATED)..(index + REPEATED).min(starts.len());
    let mut others = starts.get(around).unwrap_or_default().iter();
    let is_twin = |other: &String| other != start && other.get(..19) == start.get(..19);
    match start.get(19..) {
        Some(offset) if others.any(is_twin) => {
            text!("date-with-offset", time = name(start), offset = offset)
        }
        _ => name(start),
    }
}

/// The label in a tooltip: `Week of 11 May 2026`, `Mon 11 May 2026`, `May 2026`.
pub fn bucket_title(starts: &[String], index: usize, width: Granularity) -> String {
    let title = match width {
        Granularity::Minute | Granularity::Hour => Key("date-weekday-minutes"),
        Granularity::Day => Key("date-weekday"),
        Granularity::Week => Key("date-week"),
        Granularity::Month => Key("date-month-long"),
        Granularity::Quarter => Key("date-quarter"),
        Granularity::Year => Key("date-year"),
    };
    distinct(starts, index, |start| named(start, |_| title))
}

/// The label of a column: `11 May`, `14:00`, `May 26`.
pub fn bucket_column_label(starts: &[String], index: usize, width: Granularity) -> String {
    distinct(starts, index, |start| named(start, |_| of_column(width)))
}

fn of_column(width: Granularity) -> Key {
    match width {
        Granularity::Minute | Granularity::Hour => Key("date-minutes"),
        Granularity::Day | Granularity::Week => Key("date-day"),
        Granularity::Month => Key("date-month-short"),
        Granularity::Quarter => Key("date-quarter-short"),
        Granularity::Year => Key("date-year"),
    }
}

/// The label under the axis: that of a column, with the year where it differs from that of the bucket
/// `previous`, and the date where an hour begins a day.
pub fn bucket_axis_label(
    starts: &[String],
    index: usize,
    previous: Option<usize>,
    width: Granularity,
) -> String {
    let year = |start: &String| wall_clock(start).map(DateTime::year);
    let before = previous.and_then(|at| starts.get(at)).and_then(year);
    let is_new_year = before.is_some() && before != starts.get(index).and_then(year);
    distinct(starts, index, |start| {
        named(start, |_| match width {
            Granularity::Minute | Granularity::Hour if begins_day(starts, index) => Key("date-day"),
            Granularity::Day | Granularity::Week if is_new_year => Key("date-day-year"),
            Granularity::Month => Key("date-month"),
            Granularity::Quarter => Key("date-quarter"),
            _ => of_column(width),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn titles_describe_the_bucket() {
        let one = starts(&["2026-05-11T00:00:00+02:00"]);
        let titles = [
            Granularity::Hour,
            Granularity::Day,
            Granularity::Week,
            Granularity::Month,
            Granularity::Quarter,
            Granularity::Year,
        ]
        .map(|width| bucket_title(&one, 0, width));
        let expected = [
            "Mon 11 May 2026, 00:00",
            "Mon 11 May 2026",
            "Week of 11 May 2026",
            "May 2026",
            "Q2 2026",
            "2026",
        ];
        assert_eq!(titles, expected);
    }

    #[test]
    fn the_axis_shows_the_year_where_it_changes() {
        let weeks = starts(&["2025-12-22T00:00:00+00:00", "2026-02-23T00:00:00+00:00"]);
        let label = |at, previous| bucket_axis_label(&weeks, at, previous, Granularity::Week);
        assert_eq!(label(0, None), "22 Dec");
        assert_eq!(label(1, Some(0)), "23 Feb 2026");
        let hours = starts(&["2026-02-22T23:00:00+00:00", "2026-02-23T00:00:00+00:00"]);
        let label = |at| bucket_axis_label(&hours, at, None, Granularity::Hour);
        assert_eq!((label(0).as_str(), label(1).as_str()), ("23:00", "23 Feb"));
    }

    #[test]
    fn an_hour_that_the_clock_repeats_has_two_names() {
        // Europe/Berlin, 26 October 2025.
        let hours = starts(&[
            "2025-10-26T01:00:00+02:00",
            "2025-10-26T02:00:00+02:00",
            "2025-10-26T02:00:00+01:00",
            "2025-10-26T03:00:00+01:00",
        ]);
        let of = |name: fn(&[String], usize, Granularity) -> String| -> Vec<String> {
            (0..4)
                .map(|at| name(&hours, at, Granularity::Hour))
                .collect()
        };
        assert_eq!(
            of(bucket_column_label),
            ["01:00", "02:00 +02:00", "02:00 +01:00", "03:00"]
        );
        assert_eq!(
            of(bucket_title)[1..3],
            [
                "Sun 26 Oct 2025, 02:00 +02:00",
                "Sun 26 Oct 2025, 02:00 +01:00"
            ]
        );
        let axis = bucket_axis_label(&hours, 2, None, Granularity::Hour);
        assert_eq!(axis, "02:00 +01:00");
    }

    #[test]
    fn minutes_that_the_clock_repeats_have_two_names() {
        let minutes: Vec<String> = (0..120)
            .map(|n| format!("2025-10-26T02:{:02}:00+0{}:00", n % 60, 2 - n / 60))
            .collect();
        let name = |at| bucket_column_label(&minutes, at, Granularity::Minute);
        assert_eq!(
            (name(0), name(60)),
            ("02:00 +02:00".into(), "02:00 +01:00".into())
        );
        assert_eq!(
            (name(59), name(119)),
            ("02:59 +02:00".into(), "02:59 +01:00".into())
        );
    }

    #[test]
    fn a_start_that_is_not_a_time_is_shown_unchanged() {
        assert_eq!(
            bucket_title(&starts(&["soon"]), 0, Granularity::Day),
            "soon"
        );
    }
}
