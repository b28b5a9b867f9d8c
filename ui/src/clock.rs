//! Formats times for display, in the project's time zone, and durations.

use empmix_model::EpochMs;
use jiff::{
    Timestamp,
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};

use crate::{
    report::{fixed, full},
    text,
    texts::Key,
};

/// `21:51:47`.
pub fn time_of_day(time: EpochMs, zone: &TimeZone) -> String {
    local(time, zone, &text!("date-seconds"))
}

/// `22 Aug 2026, 21:51:47 UTC`.
pub fn date_and_time(time: EpochMs, zone: &TimeZone) -> String {
    local(time, zone, &text!("date-day-year-seconds-zone"))
}

/// `UTC`, `CEST`: the zone's abbreviation at that time.
pub fn zone_name(time: EpochMs, zone: &TimeZone) -> String {
    local(time, zone, "%Z")
}

/// `+00:00`, `+02:00`: the zone's offset at that time.
pub fn zone_offset(time: EpochMs, zone: &TimeZone) -> String {
    local(time, zone, "%:z")
}

/// A date or a local time, by the pattern of this key.
pub fn by_pattern(time: impl Into<BrokenDownTime>, pattern: Key) -> String {
    // A test formats a time by every pattern.
    strtime::format(pattern.text(), time).unwrap_or_default()
}

/// A duration in one unit, never negative: `0.4 s`, `3 min`, `2 h`, `5 days`.
pub fn span(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) as f64 / 1000.0;
    let whole = |number: f64| number.round_ties_even();
    match seconds {
        s if s < 10.0 => text!("span-seconds", number = fixed(Some(s), 1)),
        s if s < 90.0 => text!("span-seconds", number = whole(s)),
        s if s < 90.0 * 60.0 => text!("span-minutes", number = whole(s / 60.0)),
        s if s < 36.0 * 3600.0 => text!("span-hours", number = whole(s / 3600.0)),
        s => text!("span-days", number = whole(s / 86_400.0)),
    }
}

fn local(time: EpochMs, zone: &TimeZone, pattern: &str) -> String {
    let time = Timestamp::from_millisecond(time).ok();
    let local = time.map(|time| time.to_zoned_datetime(zone.clone()));
    let text = local.and_then(|local| strtime::format(pattern, &local).ok());
    text.unwrap_or_else(|| full(None))
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
        assert_eq!(zone_offset(time, &berlin), "+02:00");
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
