//! Formats times for display, in the project's time zone.

use empmix_model::EpochMs;
use jiff::{Timestamp, tz::TimeZone};

/// `21:51:47`.
pub fn time_of_day(time: EpochMs, zone: &TimeZone) -> String {
    format(time, zone, "%H:%M:%S")
}

/// `22 Aug 2026, 21:51:47 UTC`.
pub fn date_and_time(time: EpochMs, zone: &TimeZone) -> String {
    format(time, zone, "%-d %b %Y, %H:%M:%S %Z")
}

/// `UTC`, `CEST`: the zone's abbreviation at that time.
pub fn zone_name(time: EpochMs, zone: &TimeZone) -> String {
    format(time, zone, "%Z")
}

/// A duration in one unit, never negative: `0.4 s`, `3 min`, `2 h`, `5 days`.
pub fn span(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) as f64 / 1000.0;
    let (number, unit) = match seconds {
        s if s < 10.0 => return format!("{s:.1} s"),
        s if s < 90.0 => (s, "s"),
        s if s < 90.0 * 60.0 => (s / 60.0, "min"),
        s if s < 36.0 * 3600.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "days"),
    };
    format!("{number:.0} {unit}")
}

fn format(time: EpochMs, zone: &TimeZone, pattern: &str) -> String {
    Timestamp::from_millisecond(time).map_or_else(
        |_| "–".to_owned(),
        |time| {
            let local = time.to_zoned_datetime(zone.clone());
            local.strftime(pattern).to_string()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_projects_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let time = 1_787_435_507_000;
        assert_eq!(time_of_day(time, &TimeZone::UTC), "21:51:47");
        assert_eq!(date_and_time(time, &berlin), "22 Aug 2026, 23:51:47 CEST");
        assert_eq!(time_of_day(i64::MAX, &berlin), "–");
    }

    #[test]
    fn durations_have_one_unit() {
        let lengths = [-5, 400, 12_000, 200_000, 7_200_000, 500_000_000];
        assert_eq!(
            lengths.map(span),
            ["0.0 s", "0.4 s", "12 s", "3 min", "2 h", "6 days"]
        );
    }
}
