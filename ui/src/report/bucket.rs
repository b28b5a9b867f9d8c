//! Labels of buckets, made from the start in the answer, which is local time of the project's zone.

use empmix_query::report::Granularity;
use jiff::civil::DateTime;

/// The local time of a bucket's start, such as `2026-01-01T00:00:00+00:00`.
fn wall_clock(start: &str) -> Option<DateTime> {
    start.get(..19)?.parse().ok()
}

fn named(start: &str, name: impl Fn(DateTime) -> String) -> String {
    wall_clock(start).map_or_else(|| start.to_owned(), name)
}

/// The label in a tooltip: `Week of 11 May 2026`, `Mon 11 May 2026`, `May 2026`.
pub fn bucket_title(start: &str, width: Granularity) -> String {
    named(start, |time| match width {
        Granularity::Minute | Granularity::Hour => time.strftime("%a %-d %b %Y, %H:%M").to_string(),
        Granularity::Day => time.strftime("%a %-d %b %Y").to_string(),
        Granularity::Week => time.strftime("Week of %-d %b %Y").to_string(),
        Granularity::Month => time.strftime("%B %Y").to_string(),
        Granularity::Quarter => format!("Q{} {}", quarter(time), time.year()),
        Granularity::Year => time.year().to_string(),
    })
}

/// The label of a column: `11 May`, `14:00`, `May 26`.
pub fn bucket_column_label(start: &str, width: Granularity) -> String {
    named(start, |time| match width {
        Granularity::Minute | Granularity::Hour => time.strftime("%H:%M").to_string(),
        Granularity::Day | Granularity::Week => time.strftime("%-d %b").to_string(),
        Granularity::Month => time.strftime("%b %y").to_string(),
        Granularity::Quarter => format!("Q{} {}", quarter(time), time.strftime("%y")),
        Granularity::Year => time.year().to_string(),
    })
}

/// The label under the axis: that of a column, with the year where it differs from `previous`, and
/// the date where an hour begins a day.
pub fn bucket_axis_label(start: &str, previous: Option<&str>, width: Granularity) -> String {
    let new_year = || {
        let before = previous.and_then(wall_clock).map(DateTime::year);
        before.is_some() && before != wall_clock(start).map(DateTime::year)
    };
    named(start, |time| match width {
        Granularity::Minute | Granularity::Hour if time.hour() == 0 && time.minute() == 0 => {
            time.strftime("%-d %b").to_string()
        }
        Granularity::Day | Granularity::Week if new_year() => {
            time.strftime("%-d %b %Y").to_string()
        }
        Granularity::Month => time.strftime("%b %Y").to_string(),
        Granularity::Quarter => format!("Q{} {}", quarter(time), time.year()),
        _ => bucket_column_label(start, width),
    })
}

fn quarter(time: DateTime) -> i8 {
    (time.month() - 1) / 3 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_describe_the_bucket() {
        let start = "2026-05-11T00:00:00+02:00";
        let titles = [
            Granularity::Hour,
            Granularity::Day,
            Granularity::Week,
            Granularity::Month,
            Granularity::Quarter,
            Granularity::Year,
        ]
        .map(|width| bucket_title(start, width));
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
        let (december, february) = ("2025-12-22T00:00:00+00:00", "2026-02-23T00:00:00+00:00");
        assert_eq!(
            bucket_axis_label(december, None, Granularity::Week),
            "22 Dec"
        );
        assert_eq!(
            bucket_axis_label(february, Some(december), Granularity::Week),
            "23 Feb 2026"
        );
        assert_eq!(
            bucket_axis_label("2026-02-23T14:00:00+00:00", None, Granularity::Hour),
            "14:00"
        );
        assert_eq!(
            bucket_axis_label(february, None, Granularity::Hour),
            "23 Feb"
        );
    }

    #[test]
    fn a_start_that_is_not_a_time_is_shown_unchanged() {
        assert_eq!(bucket_title("soon", Granularity::Day), "soon");
    }
}
