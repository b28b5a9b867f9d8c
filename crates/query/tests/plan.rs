//! Ranges and buckets in time zones with unusual changes.
//!
//! Expected instants are in RFC 3339 with the zone's legal offset.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use empmix_model::project::WeekStart;
use empmix_query::{
    Calendar, Plan, plan,
    report::{EventSelector, Granularity, Insights, Measure, Range, Series},
};

fn report(range: Range, granularity: Granularity) -> Insights {
    Insights {
        range,
        granularity,
        series: vec![Series {
            id: "A".to_owned(),
            event: EventSelector::All,
            filter: None,
            measure: Measure::Total,
        }],
        filter: None,
        breakdown: Vec::new(),
        limit: 25,
        now: None,
    }
}

fn dates(from: &str, to: &str) -> Range {
    Range::Dates {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    }
}

fn ms(instant: &str) -> i64 {
    instant.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[track_caller]
fn plan_in(
    zone: &str,
    week_start: WeekStart,
    now: &str,
    range: Range,
    granularity: Granularity,
) -> Plan {
    let calendar = Calendar::new(zone, week_start).unwrap();
    plan(&report(range, granularity), &calendar, ms(now)).unwrap()
}

const LATER: &str = "2030-01-01T00:00:00Z";

/// Checks the names and lengths (in hours) of buckets, for a range of dates in the past.
#[track_caller]
fn check(zone: &str, range: Range, granularity: Granularity, expected: &[(&str, f64)]) {
    let plan = plan_in(zone, WeekStart::Monday, LATER, range, granularity);
    let hours = plan
        .edges
        .windows(2)
        .map(|edge| (edge[1] - edge[0]) as f64 / 3_600_000.0);
    let found: Vec<_> = plan.names.iter().map(String::as_str).zip(hours).collect();
    assert_eq!(found, expected);
    for (name, edge) in plan.names.iter().zip(&plan.edges) {
        assert_eq!(ms(name), *edge, "the name of a bucket is its start");
    }
}

#[test]
fn a_day_of_a_clock_change_has_23_or_25_hours() {
    let expected = [
        ("2026-03-28T00:00:00+01:00", 24.0),
        ("2026-03-29T00:00:00+01:00", 23.0),
        ("2026-03-30T00:00:00+02:00", 24.0),
    ];
    check(
        "Europe/Berlin",
        dates("2026-03-28", "2026-03-30"),
        Granularity::Day,
        &expected,
    );
    let expected = [("2026-10-25T00:00:00+02:00", 25.0)];
    check(
        "Europe/Berlin",
        dates("2026-10-25", "2026-10-25"),
        Granularity::Day,
        &expected,
    );
}

#[test]
fn a_day_whose_midnight_is_skipped_starts_at_one() {
    let expected = [
        ("2024-10-05T00:00:00-04:00", 24.0),
        ("2024-10-06T01:00:00-03:00", 23.0),
        ("2024-10-07T00:00:00-03:00", 24.0),
    ];
    check(
        "America/Asuncion",
        dates("2024-10-05", "2024-10-07"),
        Granularity::Day,
        &expected,
    );
    let expected = [
        ("2026-04-24T01:00:00+03:00", 23.0),
        ("2026-04-25T00:00:00+03:00", 24.0),
    ];
    check(
        "Africa/Cairo",
        dates("2026-04-24", "2026-04-25"),
        Granularity::Day,
        &expected,
    );
}

#[test]
fn recent_changes_of_law_are_included() {
    // Paraguay has stayed at −03:00 since October 2024; Kazakhstan has had one zone since March 2024.
    let expected = [
        ("2025-03-22T00:00:00-03:00", 24.0),
        ("2025-03-23T00:00:00-03:00", 24.0),
    ];
    check(
        "America/Asuncion",
        dates("2025-03-22", "2025-03-23"),
        Granularity::Day,
        &expected,
    );
    let expected = [
        ("2024-02-29T00:00:00+06:00", 25.0),
        ("2024-03-01T00:00:00+05:00", 24.0),
    ];
    check(
        "Asia/Almaty",
        dates("2024-02-29", "2024-03-01"),
        Granularity::Day,
        &expected,
    );
    let expected = [
        ("2026-10-29T00:00:00+03:00", 25.0),
        ("2026-10-30T00:00:00+02:00", 24.0),
    ];
    check(
        "Africa/Cairo",
        dates("2026-10-29", "2026-10-30"),
        Granularity::Day,
        &expected,
    );
}

#[test]
fn a_skipped_day_has_no_bucket() {
    let expected = [
        ("2011-12-29T00:00:00-10:00", 24.0),
        ("2011-12-31T00:00:00+14:00", 24.0),
    ];
    check(
        "Pacific/Apia",
        dates("2011-12-29", "2011-12-31"),
        Granularity::Day,
        &expected,
    );
    check(
        "Pacific/Apia",
        dates("2011-12-30", "2011-12-30"),
        Granularity::Day,
        &[],
    );
    check(
        "Pacific/Apia",
        dates("2011-12-30", "2011-12-30"),
        Granularity::Week,
        &[],
    );
    let expected = [("2011-12-26T00:00:00-10:00", 144.0)];
    check(
        "Pacific/Apia",
        dates("2011-12-26", "2012-01-01"),
        Granularity::Week,
        &expected,
    );
}

#[test]
fn a_repeated_hour_has_two_buckets_and_a_skipped_hour_has_none() {
    let plan = plan_in(
        "Europe/Berlin",
        WeekStart::Monday,
        LATER,
        dates("2026-10-25", "2026-10-25"),
        Granularity::Hour,
    );
    assert_eq!(plan.buckets(), 25);
    assert_eq!(plan.names[2], "2026-10-25T02:00:00+02:00");
    assert_eq!(plan.names[3], "2026-10-25T02:00:00+01:00");
    let plan = plan_in(
        "Europe/Berlin",
        WeekStart::Monday,
        LATER,
        dates("2026-03-29", "2026-03-29"),
        Granularity::Hour,
    );
    assert_eq!(plan.buckets(), 23);
    assert_eq!(
        plan.names[1..3],
        ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]
    );
    let plan = plan_in(
        "Asia/Almaty",
        WeekStart::Monday,
        LATER,
        dates("2024-02-29", "2024-02-29"),
        Granularity::Hour,
    );
    assert_eq!(
        plan.names[23..],
        ["2024-02-29T23:00:00+06:00", "2024-02-29T23:00:00+05:00"]
    );
}

#[test]
fn hours_follow_the_local_clock() {
    let plan = plan_in(
        "Asia/Kolkata",
        WeekStart::Monday,
        LATER,
        dates("2026-01-01", "2026-01-01"),
        Granularity::Hour,
    );
    assert_eq!(
        (plan.buckets(), plan.names[5].as_str()),
        (24, "2026-01-01T05:00:00+05:30")
    );
    // Clocks on Lord Howe Island change by half an hour, at 02:00.
    let plan = plan_in(
        "Australia/Lord_Howe",
        WeekStart::Monday,
        LATER,
        dates("2026-04-05", "2026-04-05"),
        Granularity::Hour,
    );
    let around = [
        "2026-04-05T01:00:00+11:00",
        "2026-04-05T01:30:00+10:30",
        "2026-04-05T02:00:00+10:30",
    ];
    assert_eq!(plan.names[1..4], around);
    let plan = plan_in(
        "Australia/Lord_Howe",
        WeekStart::Monday,
        LATER,
        dates("2026-10-04", "2026-10-04"),
        Granularity::Hour,
    );
    let around = [
        "2026-10-04T01:00:00+10:30",
        "2026-10-04T02:30:00+11:00",
        "2026-10-04T03:00:00+11:00",
    ];
    assert_eq!(plan.names[1..4], around);
}

#[test]
fn the_range_cuts_units() {
    let plan = plan_in(
        "UTC",
        WeekStart::Sunday,
        LATER,
        dates("2026-01-01", "2026-01-14"),
        Granularity::Week,
    );
    let expected = [
        "2025-12-28T00:00:00+00:00",
        "2026-01-04T00:00:00+00:00",
        "2026-01-11T00:00:00+00:00",
    ];
    assert_eq!(plan.names, expected);
    assert_eq!(plan.partial, [true, false, true]);
    assert_eq!(plan.bucket_of(ms("2025-12-31T23:59:59.999Z")), None);
    assert_eq!(plan.bucket_of(ms("2026-01-01T00:00:00Z")), Some(0));
    assert_eq!(plan.bucket_of(ms("2026-01-04T00:00:00Z")), Some(1));
    assert_eq!(plan.bucket_of(ms("2026-01-14T23:59:59.999Z")), Some(2));
    assert_eq!(plan.bucket_of(ms("2026-01-15T00:00:00Z")), None);

    let range = || dates("2024-02-29", "2025-01-01");
    for (granularity, first, buckets) in [
        (Granularity::Month, "2024-02-01T00:00:00+00:00", 12),
        (Granularity::Quarter, "2024-01-01T00:00:00+00:00", 5),
        (Granularity::Year, "2024-01-01T00:00:00+00:00", 2),
    ] {
        let plan = plan_in("UTC", WeekStart::Monday, LATER, range(), granularity);
        assert_eq!((plan.names[0].as_str(), plan.buckets()), (first, buckets));
        assert!(
            plan.partial[0]
                && plan.partial[buckets - 1]
                && !plan.partial[1..buckets - 1].contains(&true)
        );
    }
}

#[test]
fn buckets_that_have_not_ended_are_partial() {
    let now = "2026-01-02T00:00:00Z";
    let plan = plan_in(
        "UTC",
        WeekStart::Monday,
        now,
        dates("2026-01-01", "2026-01-04"),
        Granularity::Day,
    );
    assert_eq!(plan.partial, [false, true, true, true]);
    assert_eq!(plan.now, ms(now));
}

#[test]
fn last_covers_the_whole_current_unit_and_earlier_ones() {
    let last = |last, unit| Range::Last { last, unit };
    let now = "2026-03-18T22:30:00Z"; // Wednesday 23:30 in Berlin
    let bounds = |range, week_start| {
        let plan = plan_in("Europe/Berlin", week_start, now, range, Granularity::Day);
        let calendar = Calendar::new("Europe/Berlin", week_start).unwrap();
        (
            calendar.name(plan.start).unwrap(),
            calendar.name(plan.end).unwrap(),
        )
    };
    let pair = |start: &str, end: &str| (start.to_owned(), end.to_owned());
    let monday = WeekStart::Monday;
    assert_eq!(
        bounds(last(1, Granularity::Day), monday),
        pair("2026-03-18T00:00:00+01:00", "2026-03-19T00:00:00+01:00")
    );
    assert_eq!(
        bounds(last(30, Granularity::Day), monday).0,
        "2026-02-17T00:00:00+01:00"
    );
    assert_eq!(
        bounds(last(2, Granularity::Week), monday),
        pair("2026-03-09T00:00:00+01:00", "2026-03-23T00:00:00+01:00")
    );
    assert_eq!(
        bounds(last(1, Granularity::Week), WeekStart::Thursday),
        pair("2026-03-12T00:00:00+01:00", "2026-03-19T00:00:00+01:00")
    );
    assert_eq!(
        bounds(last(3, Granularity::Month), monday),
        pair("2026-01-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")
    );
    assert_eq!(
        bounds(last(2, Granularity::Quarter), monday),
        pair("2025-10-01T00:00:00+02:00", "2026-04-01T00:00:00+02:00")
    );
    assert_eq!(
        bounds(last(1, Granularity::Year), monday),
        pair("2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00")
    );
    assert_eq!(
        bounds(last(3, Granularity::Hour), monday),
        pair("2026-03-18T21:00:00+01:00", "2026-03-19T00:00:00+01:00")
    );
    assert_eq!(
        bounds(last(10, Granularity::Minute), monday),
        pair("2026-03-18T23:21:00+01:00", "2026-03-18T23:31:00+01:00")
    );
}

#[test]
fn the_last_hours_count_a_repeated_hour_twice() {
    let now = "2026-10-25T03:10:00+01:00";
    let range = Range::Last {
        last: 4,
        unit: Granularity::Hour,
    };
    let plan = plan_in(
        "Europe/Berlin",
        WeekStart::Monday,
        now,
        range,
        Granularity::Hour,
    );
    let expected = [
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ];
    assert_eq!(plan.names, expected);
    assert_eq!(plan.partial, [false, false, false, true]);
    // The same with a change by half an hour, and with ranges that cross several changes.
    for last in [1, 2, 3, 4, 5, 6, 5000] {
        let range = Range::Last {
            last,
            unit: Granularity::Hour,
        };
        let plan = plan_in(
            "Australia/Lord_Howe",
            WeekStart::Monday,
            "2026-04-05T04:10:00+10:30",
            range,
            Granularity::Hour,
        );
        assert_eq!(plan.buckets(), last as usize);
    }
}

#[test]
fn the_now_of_a_report_takes_precedence_over_the_clock() {
    let mut report = report(
        Range::Last {
            last: 1,
            unit: Granularity::Day,
        },
        Granularity::Day,
    );
    report.now = Some(ms("2020-02-29T12:00:00Z"));
    let plan = plan(&report, &Calendar::utc(), ms(LATER)).unwrap();
    assert_eq!(plan.names, ["2020-02-29T00:00:00+00:00"]);
    assert_eq!(plan.now, ms("2020-02-29T12:00:00Z"));
}

#[test]
fn more_than_10_000_buckets_are_refused() {
    let utc = Calendar::utc();
    let error =
        |range, granularity| plan(&report(range, granularity), &utc, ms(LATER)).unwrap_err();
    let minutes = |last| Range::Last {
        last,
        unit: Granularity::Minute,
    };
    assert!(
        plan(
            &report(minutes(10_000), Granularity::Minute),
            &utc,
            ms(LATER)
        )
        .is_ok()
    );
    assert_eq!(
        error(minutes(10_001), Granularity::Minute).path,
        "granularity"
    );
    assert_eq!(
        error(dates("1990-01-01", "2029-12-31"), Granularity::Hour).path,
        "granularity"
    );
    assert_eq!(
        error(dates("0001-01-01", "9999-12-31"), Granularity::Day).path,
        "range"
    );
    assert_eq!(
        error(minutes(u32::MAX), Granularity::Minute).path,
        "granularity"
    );
    let years = Range::Last {
        last: u32::MAX,
        unit: Granularity::Year,
    };
    assert_eq!(error(years, Granularity::Year).path, "range");
}

#[test]
fn an_unknown_time_zone_is_refused() {
    let error = Calendar::new("Mars/Olympus", WeekStart::Monday).unwrap_err();
    assert_eq!(error.to_string(), "Mars/Olympus is not a time zone");
}

#[test]
fn the_number_of_points_is_limited() {
    let days = dates("2001-01-01", "2028-05-18");
    let plan = plan_in("UTC", WeekStart::Monday, LATER, days, Granularity::Day);
    assert_eq!(plan.buckets(), 10_000);
    assert_eq!(plan.check_points(1, 1001), Ok(()));
    assert_eq!(plan.check_points(50, 20), Ok(()));
    let refused = plan.check_points(2, 1001).unwrap_err();
    assert_eq!(refused.path, "limit");
    assert!(refused.message.contains("20020000 points"), "{refused}");
}
