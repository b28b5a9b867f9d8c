//! Random reports over random projects: the store agrees with the [`reference`](super::reference), and
//! keeps the properties that follow from what the numbers mean.
//!
//! `EMPMIX_CASES` says how many projects are tried (by default a few), `EMPMIX_SEED` where the
//! sequence of them begins.

use empmix_model::{EpochMs, envelope::Envelope, ids::ProjectId, item::Item};
use empmix_query::{
    Calendar, Plan,
    answer::ReportResult,
    plan,
    report::{
        Breakdown, EventSelector, Insights, MAX_BUCKETS, Measure, PropertyRef, Range, Report,
    },
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::{
    Harness, fixtures,
    random::{Case, cases},
    reference::{Line, Reference, Row, by_segment, users},
};
use crate::{Batch, ItemOutcome, NewProject, Store};

/// The number of projects by default.
const CASES: u64 = 8;
/// Reports that each is asked.
const REPORTS: usize = 12;

/// The answers are the reference implementation's: as the messages arrive in any order, after they were sent again,
/// and after the store was opened again.
pub async fn random_reports_agree_with_the_reference(harness: &impl Harness) {
    let mut store = harness.open().await;
    let mut asked = Vec::new();
    for (number, case) in (0..).zip(samples(cases(REPORTS), CASES)) {
        let project = create(store.as_ref(), &case, number).await;
        let reference = write(store.as_ref(), project, &case).await;
        for report in case.reports.iter().filter(|report| fits(&case, report)) {
            let found = agree(store.as_ref(), project, &case, &reference, report).await;
            asked.push((project, report.clone(), found));
        }
        properties(store.as_ref(), project, &case).await;
        if number % 50 == 49 {
            store.close().await;
            store = harness.open().await;
        }
    }
    store.close().await;
    let store = harness.open().await;
    for (project, report, before) in asked {
        let again = ask(store.as_ref(), project, &report).await;
        assert_eq!(again, before, "after a restart: {}", shown(&report));
    }
    store.close().await;
}

/// Random values, `EMPMIX_CASES` of them or `default`; which, says the seed.
pub(super) fn samples<T>(
    strategy: impl Strategy<Value = T>,
    default: u64,
) -> impl Iterator<Item = T> {
    let number = |name: &str, default| {
        let given = std::env::var(name).ok();
        given.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&super::seed().to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..number("EMPMIX_CASES", default))
        .map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

/// Makes the project of a case.
pub(super) async fn create(store: &dyn Store, case: &Case, number: u32) -> ProjectId {
    let mut id = [0; 8];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let mut key = [0; 16];
    key[..4].copy_from_slice(&number.to_be_bytes());
    let new = NewProject {
        id: ProjectId(id),
        timezone: case.zone.into(),
        week_start: case.week_start,
        public_key: empmix_model::key::PublicKey::from_random(key),
        ..fixtures::new_project(1, &format!("random {number}"))
    };
    store.create_project(new).await.unwrap().id
}

/// Writes the messages in a mixed order, and then again; returns what they say.
async fn write(store: &dyn Store, project: ProjectId, case: &Case) -> Reference {
    let messages = (0_u32..).zip(&case.messages);
    let envelopes: Vec<_> = messages
        .map(|(number, items)| fixtures::message(project, number, items.clone()))
        .collect();
    let mut order: Vec<usize> = (0..envelopes.len()).collect();
    order.sort_by_key(|at| (at * case.stride) % envelopes.len().max(1));
    for again in [false, true] {
        for places in order.chunks(2) {
            let envelopes = places.iter().map(|at| envelopes[*at].clone()).collect();
            let written = store.write(Batch { project, envelopes }).await.unwrap();
            let expected = match again {
                false => ItemOutcome::Stored,
                true => ItemOutcome::Redelivered,
            };
            let mut outcomes = written.outcomes.iter().flatten();
            assert!(outcomes.all(|outcome| *outcome == expected), "{written:?}");
        }
    }
    reference_of(&envelopes.iter().collect::<Vec<_>>())
}

/// What messages, in the order of their keys, say.
pub(super) fn reference_of(envelopes: &[&Envelope]) -> Reference {
    let rows = envelopes.iter().flat_map(|envelope| {
        let row = |item: &Item| match item {
            Item::Event(event) => Some(Row {
                event: event.event.clone(),
                distinct_id: event.distinct_id.clone(),
                time: event.time,
                received_at: envelope.received_at,
                session_id: event.session_id.clone(),
                properties: Value::Object(event.properties.clone()),
            }),
            Item::Instruction(_) => None,
        };
        envelope.items.iter().filter_map(row)
    });
    Reference {
        rows: rows.collect(),
        users: users(envelopes.iter().flat_map(|envelope| &envelope.items)),
    }
}

/// Asks, and compares with the reference implementation.
pub(super) async fn agree(
    store: &dyn Store,
    project: ProjectId,
    case: &Case,
    reference: &Reference,
    report: &Insights,
) -> Vec<Line> {
    let plan = plan_of(case, report);
    let found = ask(store, project, report).await;
    let expected = reference.answer(report, &plan);
    let tolerance = 1e-9 * reference.magnitude(report, &plan);
    let close = found.len() == expected.len()
        && found
            .iter()
            .zip(&expected)
            .all(|(found, expected)| is_close(found, expected, tolerance));
    assert!(
        close,
        "{}\nin {}\n   found {found:#?}\nexpected {expected:#?}\nusers {:?}\nrows {:#?}",
        shown(report),
        case.zone,
        reference.users,
        reference.rows
    );
    found
}

/// Equal, or as near as sums in another order are.
fn is_close(found: &Line, expected: &Line, tolerance: f64) -> bool {
    let same = |a: &Option<f64>, b: &Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a == b || (a - b).abs() <= tolerance,
        _ => a == b,
    };
    (&found.id, &found.segment) == (&expected.id, &expected.segment)
        && found.points.len() == expected.points.len()
        && found
            .points
            .iter()
            .zip(&expected.points)
            .all(|(a, b)| same(a, b))
        && same(&found.total, &expected.total)
}

/// Hours over years are more buckets than there may be; a day more on both sides must fit, too.
pub(super) fn fits(case: &Case, report: &Insights) -> bool {
    let calendar = Calendar::new(case.zone, case.week_start).unwrap();
    plan(report, &calendar, 0).is_ok_and(|plan| plan.buckets() + 50 <= MAX_BUCKETS)
}

fn plan_of(case: &Case, report: &Insights) -> Plan {
    let calendar = Calendar::new(case.zone, case.week_start).unwrap();
    plan(report, &calendar, 0).unwrap()
}

/// The answer as lines; also checks that the report survives its own JSON.
async fn ask(store: &dyn Store, project: ProjectId, report: &Insights) -> Vec<Line> {
    let report = Report::Insights(report.clone());
    let body = serde_json::to_value(&report).unwrap();
    assert_eq!(empmix_query::parse(&body).as_ref(), Ok(&report));
    let answer = store.query(project, &report, EpochMs::MAX).await.unwrap();
    let ReportResult::Insights(result) = answer.result;
    let line = |series: empmix_query::answer::SeriesResult| Line {
        id: series.id,
        segment: series
            .segment
            .into_iter()
            .map(|value| match serde_json::to_value(value).unwrap() {
                Value::Number(number) => json!(number.as_f64()),
                value => value,
            })
            .collect(),
        points: series.points,
        total: series.total,
    };
    result.series.into_iter().map(line).collect()
}

fn shown(report: &Insights) -> String {
    serde_json::to_string(report).unwrap()
}

/// What must hold of any answers, whatever they are.
async fn properties(store: &dyn Store, project: ProjectId, case: &Case) {
    for report in case.reports.iter().filter(|report| fits(case, report)) {
        let mut plain = report.clone();
        plain.breakdown.clear();
        plain.series.truncate(1);
        unique_of_the_range_is_at_most_the_sum(store, project, &plain).await;
        segments_add_up(store, project, &plain).await;
        a_point_does_not_depend_on_the_range(store, project, case, &plain).await;
    }
}

async fn unique_of_the_range_is_at_most_the_sum(
    store: &dyn Store,
    project: ProjectId,
    report: &Insights,
) {
    let mut report = report.clone();
    report.series[0].measure = Measure::Unique;
    let lines = ask(store, project, &report).await;
    let sum: f64 = lines[0].points.iter().flatten().sum();
    assert!(lines[0].total.unwrap() <= sum, "{}", shown(&report));
}

/// Over a property without lists every event is in one segment.
async fn segments_add_up(store: &dyn Store, project: ProjectId, report: &Insights) {
    let mut whole = report.clone();
    whole.series[0].event = EventSelector::All;
    let mut split = whole.clone();
    split.limit = 3;
    let property = PropertyRef {
        property: "n".into(),
        cast: None,
    };
    split.breakdown = vec![Breakdown { property }];
    let whole = ask(store, project, &whole).await[0].total;
    let parts = ask(store, project, &split).await;
    let sum: f64 = parts.iter().filter_map(|line| line.total).sum();
    match split.series[0].measure {
        Measure::Total | Measure::Sum(_) => assert_eq!(Some(sum), whole, "{}", shown(&split)),
        Measure::Unique => assert!(Some(sum) >= whole, "{}", shown(&split)),
        Measure::Avg(_) => {}
    }
}

async fn a_point_does_not_depend_on_the_range(
    store: &dyn Store,
    project: ProjectId,
    case: &Case,
    report: &Insights,
) {
    let mut wide = report.clone();
    let Range::Dates { from, to } = &mut wide.range else {
        return;
    };
    *from = from.yesterday().unwrap();
    *to = to.tomorrow().unwrap();
    let (narrow_plan, wide_plan) = (plan_of(case, report), plan_of(case, &wide));
    let lines = ask(store, project, report).await;
    let wide_lines = ask(store, project, &wide).await;
    let wide_lines = by_segment(&wide_lines);
    for (bucket, edges) in narrow_plan.edges.windows(2).enumerate() {
        let inside = narrow_plan.start <= edges[0] && edges[1] <= narrow_plan.end;
        let place = wide_plan.edges.iter().position(|edge| *edge == edges[0]);
        let (true, Some(place)) = (inside, place) else {
            continue;
        };
        for (key, line) in by_segment(&lines) {
            assert_eq!(
                line.points[bucket],
                wide_lines[&key].points[place],
                "{}",
                shown(report)
            );
        }
    }
}
