//! Tests the kernel on random projects and reports: it agrees with the reference implementation, and
//! its numbers have the properties that follow from their definition.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
#![allow(missing_docs, unreachable_pub, reason = "tests have no public surface")]

mod memory;
mod random;
mod reference;

use empmix_engine::{Cancel, EngineError, answer};
use empmix_model::project::WeekStart;
use empmix_query::{
    Calendar,
    answer::{InsightsResult, ReportResult},
    plan,
    report::{Breakdown, EventSelector, Insights, Measure, PropertyRef, Range, Report},
};
use memory::TestProject;
use proptest::prelude::*;

/// Later than all events.
const NOW: i64 = 1_800_000_000_000;

fn run(project: &TestProject, report: &Insights, calendar: &Calendar) -> InsightsResult {
    let report = Report::Insights(report.clone());
    let found = answer(
        &project.snapshot(),
        &report,
        calendar,
        NOW,
        &Cancel::default(),
    )
    .unwrap();
    let ReportResult::Insights(result) = found.result;
    result
}

fn total(result: &InsightsResult, series: usize) -> f64 {
    result.series[series].total.unwrap()
}

/// The random report with one series over all events and without a breakdown.
fn plain(report: &Insights, measure: Measure) -> Insights {
    let mut report = report.clone();
    report.series.truncate(1);
    report.series[0].event = EventSelector::All;
    report.series[0].measure = measure;
    report.breakdown.clear();
    report
}

fn names_user(report: &Insights) -> bool {
    serde_json::to_string(report).unwrap().contains("$user_id")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_kernel_agrees_with_the_reference(
        project in random::project(), report in random::report(), zone in random::zone(),
    ) {
        let calendar = Calendar::new(zone, WeekStart::Sunday).unwrap();
        let plan = plan(&report, &calendar, NOW).unwrap();
        let found = run(&project, &report, &calendar);
        prop_assert_eq!(&found.buckets, &plan.names);
        let found: Vec<_> = found.series.into_iter().map(|series| {
            (series.id, series.segment, series.points, series.total)
        }).collect();
        let expected: Vec<_> = reference::answer(&project.events(), &report, &plan)
            .into_iter()
            .map(|line| {
                let segment: Vec<_> = line.segment.into_iter().map(Into::into).collect();
                (line.id, segment, line.points, line.total)
            })
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn distinct_users_of_the_range_are_at_most_the_sum_of_the_buckets(
        project in random::project(), report in random::report(), zone in random::zone(),
    ) {
        let calendar = Calendar::new(zone, WeekStart::Monday).unwrap();
        let found = run(&project, &plain(&report, Measure::Unique), &calendar);
        let points: f64 = found.series[0].points.iter().flatten().sum();
        let most = found.series[0].points.iter().flatten().copied().fold(0.0, f64::max);
        prop_assert!(most <= total(&found, 0) && total(&found, 0) <= points);
    }

    #[test]
    fn segments_add_up(
        project in random::project(), report in random::report(), measure in random::measure(),
    ) {
        // The property contains no lists, so each row is in exactly one segment.
        let property = PropertyRef { property: "n".to_owned(), cast: None };
        for measure in [Measure::Total, Measure::Sum(property.clone()), measure] {
            let whole = plain(&report, measure);
            let mut split = whole.clone();
            split.breakdown = vec![Breakdown { property: property.clone() }];
            let whole = run(&project, &whole, &Calendar::utc());
            let parts = run(&project, &split, &Calendar::utc());
            let sum: f64 = parts.series.iter().filter_map(|series| series.total).sum();
            match split.series[0].measure {
                Measure::Unique => prop_assert!(sum >= total(&whole, 0)),
                Measure::Avg(_) => {}
                _ => prop_assert_eq!(sum, total(&whole, 0)),
            }
        }
    }

    #[test]
    fn a_point_does_not_depend_on_the_range(
        project in random::project(), report in random::report(), measure in random::measure(),
    ) {
        let narrow = plain(&report, measure);
        let mut wide = narrow.clone();
        if let Range::Dates { from, to } = &mut wide.range {
            *from = from.yesterday().unwrap();
            *to = to.tomorrow().unwrap();
        }
        let narrow = run(&project, &narrow, &Calendar::utc());
        let wide = run(&project, &wide, &Calendar::utc());
        for (bucket, name) in narrow.buckets.iter().enumerate() {
            let place = wide.buckets.iter().position(|other| other == name).unwrap();
            if !narrow.partial[bucket] {
                prop_assert_eq!(narrow.series[0].points[bucket], wide.series[0].points[place]);
            }
        }
    }

    #[test]
    fn linking_two_ids_never_increases_unique(
        project in random::project(), report in random::report(), a in 0..7_u32, b in 0..7_u32,
    ) {
        let report = plain(&report, Measure::Unique);
        prop_assume!(!names_user(&report));
        let before = run(&project, &report, &Calendar::utc());
        let mut linked = project.clone();
        let (from, to) = (linked.user_of[a as usize], linked.user_of[b as usize]);
        for user in &mut linked.user_of {
            if *user == from {
                *user = to;
            }
        }
        let after = run(&linked, &report, &Calendar::utc());
        prop_assert!(total(&after, 0) <= total(&before, 0));
        for (after, before) in after.series[0].points.iter().zip(&before.series[0].points) {
            prop_assert!(after <= before);
        }
    }

    #[test]
    fn results_do_not_depend_on_the_division_into_parts(
        project in random::project(), report in random::report(),
    ) {
        let mut one_part = project.clone();
        one_part.rows.iter_mut().for_each(|row| row.part = 0);
        let calendar = Calendar::utc();
        prop_assert_eq!(run(&project, &report, &calendar), run(&one_part, &report, &calendar));
    }
}

#[test]
fn a_cancelled_query_stops() {
    let project = TestProject {
        rows: vec![memory::TestRow {
            id: 0,
            event: 0,
            time: 0,
            part: 0,
            properties: serde_json::Map::new(),
        }],
        user_of: vec![0],
    };
    let body = serde_json::json!({
        "kind": "insights",
        "range": {"from": "1970-01-01", "to": "1970-01-01"},
        "series": [{"id": "A", "event": null}],
    });
    let report = empmix_query::parse(&body).unwrap();
    let cancel = Cancel::default();
    let run = || answer(&project.snapshot(), &report, &Calendar::utc(), NOW, &cancel);
    assert_eq!(run().unwrap().rows_scanned, 1);
    cancel.cancel();
    assert_eq!(run(), Err(EngineError::Cancelled));
}
