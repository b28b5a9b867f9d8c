//! Reports: the scenario files in `scenarios/`, each a project's events and the expected answers.
//!
//! A file is
//! ```json
//! {"name": "…", "timezone": "UTC", "week_start": "monday", "now": "2027-01-01T00:00:00Z",
//!  "events": [{"event": "buy", "distinct_id": "u1", "timestamp": "2026-01-01T00:00:00Z"}],
//!  "cases": [{"name": "…", "report": {}, "expected": {"buckets": [], "partial": [], "series": []}}]}
//! ```
//! An event may have `properties`, `session_id` and `insert_id` (by default `line <index>`);
//! `$create_alias` is a server's link of `properties.alias` to `distinct_id`. Five lines make one
//! message, received one second after the one before, from 2026-05-28T20:26:40Z on. `now` is what
//! the clock says. An expected `{"error": {"path": "…"}}` is an invalid query.
//!
//! The expected answers were worked out from `docs/REPORTS.md` by hand and by a program that reads
//! rows one by one, never by an engine. Counts must be equal; other numbers to 1e-9.

use std::fs;

use empmix_model::{
    EpochMs, Properties,
    envelope::Envelope,
    ids::{ItemHash, ProjectId},
    item::{Action, Authority, Event, Instruction, Item},
    project::WeekStart,
};
use empmix_query::{
    InvalidQuery,
    answer::{Answer, InsightsResult, ReportResult},
    parse,
    report::{Measure, Report},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Harness, fixtures, repository};
use crate::{Batch, ItemOutcome, NewProject, ReadError, Store};

/// When the first message of a scenario is received.
const RECEIVED: EpochMs = 1_780_000_000_000;
/// Lines of one message.
const LINES: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    timezone: String,
    week_start: WeekStart,
    now: jiff::Timestamp,
    events: Vec<Line>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    event: String,
    distinct_id: String,
    timestamp: jiff::Timestamp,
    insert_id: Option<String>,
    session_id: Option<String>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    report: Value,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Error { error: ExpectedError },
    Result(InsightsResult),
}

#[derive(Deserialize)]
struct ExpectedError {
    path: String,
}

/// Every scenario, its messages written in order and, into another project, backwards.
pub async fn reports_are_answered_as_the_scenarios_say(harness: &impl Harness) {
    let store = harness.open().await;
    let mut failures = Vec::new();
    for (number, scenario) in (1_u8..).zip(read_scenarios()) {
        for backwards in [false, true] {
            let project = create_project(store.as_ref(), &scenario, number, backwards).await;
            write(store.as_ref(), &scenario, project, backwards).await;
            for case in &scenario.cases {
                let found = ask(store.as_ref(), project, &scenario, case).await;
                if let Err(difference) = check(case, found) {
                    let (name, case) = (&scenario.name, &case.name);
                    let order = if backwards { ", written backwards" } else { "" };
                    failures.push(format!("{name} / {case}{order}: {difference}"));
                }
            }
        }
    }
    store.close().await;
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn read_scenarios() -> Vec<Scenario> {
    let folder = repository().join("crates/store/scenarios");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are scenarios");
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

async fn create_project(
    store: &dyn Store,
    scenario: &Scenario,
    number: u8,
    backwards: bool,
) -> ProjectId {
    let number = number * 2 + u8::from(backwards);
    let new = NewProject {
        timezone: scenario.timezone.clone(),
        week_start: scenario.week_start,
        ..fixtures::new_project(number, &format!("{} {number}", scenario.name))
    };
    store.create_project(new).await.unwrap().id
}

async fn write(store: &dyn Store, scenario: &Scenario, project: ProjectId, backwards: bool) {
    let mut envelopes = envelopes(scenario, project);
    if backwards {
        envelopes.reverse();
    }
    for envelopes in envelopes.chunks(2) {
        let envelopes = envelopes.to_vec();
        let written = store.write(Batch { project, envelopes }).await.unwrap();
        let kept = |outcome: &ItemOutcome| {
            matches!(outcome, ItemOutcome::Stored | ItemOutcome::Deduplicated)
        };
        assert!(
            written.outcomes.iter().flatten().all(kept),
            "{}",
            scenario.name
        );
    }
}

fn envelopes(scenario: &Scenario, project: ProjectId) -> Vec<Envelope> {
    let items: Vec<Item> = scenario
        .events
        .iter()
        .enumerate()
        .map(|(at, line)| item(at, line))
        .collect();
    let messages = (0_u32..).zip(items.chunks(LINES));
    messages
        .map(|(number, items)| Envelope {
            received_at: RECEIVED + EpochMs::from(number) * 1000,
            ..fixtures::message(project, number, items.to_vec())
        })
        .collect()
}

fn item(at: usize, line: &Line) -> Item {
    let time = line.timestamp.as_millisecond();
    let insert_id = line
        .insert_id
        .clone()
        .unwrap_or_else(|| format!("line {at}"));
    let id = ItemHash::of(&line.distinct_id, &insert_id, Some(time));
    if line.event == "$create_alias" {
        let source = line.properties["alias"].as_str().unwrap().to_owned();
        return Item::Instruction(Instruction {
            id,
            distinct_id: line.distinct_id.clone(),
            time,
            client_time: None,
            insert_id,
            authority: Authority::Server,
            action: Action::Link { source },
        });
    }
    Item::Event(Event {
        id,
        event: line.event.clone(),
        distinct_id: line.distinct_id.clone(),
        time,
        client_time: None,
        insert_id,
        session_id: line.session_id.clone(),
        properties: line.properties.clone(),
    })
}

/// What a report's answer was, with the report.
type Found = Result<(Report, Answer, EpochMs), InvalidQuery>;

async fn ask(store: &dyn Store, project: ProjectId, scenario: &Scenario, case: &Case) -> Found {
    let report = parse(&case.report)?;
    let clock = scenario.now.as_millisecond();
    match store.query(project, &report, clock).await {
        Ok(answer) => Ok((report, answer, clock)),
        Err(ReadError::Invalid(invalid)) => Err(invalid),
        Err(ReadError::Store(error)) => panic!("{} / {}: {error}", scenario.name, case.name),
    }
}

fn check(case: &Case, found: Found) -> Result<(), String> {
    match (&case.expected, found) {
        (Expected::Error { error }, Err(invalid)) => same("path", &invalid.path, &error.path),
        (Expected::Error { error }, Ok(_)) => Err(format!("no error at {}", error.path)),
        (Expected::Result(_), Err(invalid)) => Err(invalid.to_string()),
        (Expected::Result(expected), Ok((report, answer, clock))) => {
            let Report::Insights(insights) = &report;
            let now = insights.now.unwrap_or(clock);
            same("computed_at", &answer.computed_at, &now)?;
            let ReportResult::Insights(result) = &answer.result;
            compare(&report, result, expected)
        }
    }
}

fn compare(
    report: &Report,
    found: &InsightsResult,
    expected: &InsightsResult,
) -> Result<(), String> {
    same("buckets", &found.buckets, &expected.buckets)?;
    same("partial", &found.partial, &expected.partial)?;
    let names = |result: &InsightsResult| -> Vec<_> {
        let name = |series: &empmix_query::answer::SeriesResult| {
            (series.id.clone(), series.segment.clone())
        };
        result.series.iter().map(name).collect()
    };
    same("segments", &names(found), &names(expected))?;
    let Report::Insights(insights) = report;
    for (found, expected) in found.series.iter().zip(&expected.series) {
        let series = insights.series.iter().find(|series| series.id == found.id);
        let counts =
            series.is_some_and(|series| matches!(series.measure, Measure::Total | Measure::Unique));
        let equal = |a: &Option<f64>, b: &Option<f64>| match (a, b) {
            (Some(a), Some(b)) if !counts => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
            _ => a == b,
        };
        let points = found.points.len() == expected.points.len()
            && found
                .points
                .iter()
                .zip(&expected.points)
                .all(|(a, b)| equal(a, b));
        if !points || !equal(&found.total, &expected.total) {
            return Err(format!("series\n   found {found:?}\nexpected {expected:?}"));
        }
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}\n   found {found:?}\nexpected {expected:?}"))
    }
}
