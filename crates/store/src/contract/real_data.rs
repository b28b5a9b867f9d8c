//! The public history of fifteen repositories, through the trait: 124,368 lines with duplicates,
//! equal times, missing properties and links, and what must come out of them.

use std::io::{BufRead, BufReader};

use empmix_model::{
    Properties,
    envelope::{ENVELOPE_VERSION, Envelope, Source},
    ids::{ItemHash, ProjectId},
    item::{Action, Authority, Event, Instruction, Item},
    key::PublicKey,
    project::WeekStart,
};
use empmix_query::{
    answer::{InsightsResult, ReportResult},
    report::{EventSelector, Granularity, Insights, Measure, Range, Report, Series},
};
use serde_json::Value;
use uuid::Uuid;

use super::repository;
use crate::{Batch, ItemOutcome, NewProject, Store};

/// Lines of the file, each an item.
pub const LINES: usize = 124_368;
const RECEIVED_AT: i64 = 1_790_000_000_000;
/// The project that the messages are of.
pub const PROJECT: ProjectId = ProjectId([1; 8]);

/// Year, commits, users with commits.
const COMMITS: [(&str, f64, f64); 11] = [
    ("2016", 445.0, 50.0),
    ("2017", 647.0, 91.0),
    ("2018", 523.0, 85.0),
    ("2019", 720.0, 63.0),
    ("2020", 3039.0, 197.0),
    ("2021", 3486.0, 332.0),
    ("2022", 5175.0, 535.0),
    ("2023", 11687.0, 619.0),
    ("2024", 13834.0, 805.0),
    ("2025", 12876.0, 557.0),
    ("2026", 12961.0, 406.0),
];

fn lines() -> Vec<Value> {
    let path = repository().join("tests/data/oss-contributions.ndjson.gz");
    let file = std::fs::File::open(path).expect("the data set");
    BufReader::new(flate2::read::GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("JSON"))
        .collect()
}

fn item(line: &Value) -> Item {
    let text = |name: &str| line[name].as_str().expect("text").to_owned();
    let (distinct_id, insert_id) = (text("distinct_id"), text("insert_id"));
    let time = line["timestamp"].as_i64().expect("a time");
    let id = ItemHash::of(&distinct_id, &insert_id, Some(time));
    if line["event"] == "$create_alias" {
        return Item::Instruction(Instruction {
            id,
            distinct_id,
            time,
            client_time: None,
            insert_id,
            authority: Authority::Server,
            action: Action::Link {
                source: line["properties"]["alias"]
                    .as_str()
                    .expect("text")
                    .to_owned(),
            },
        });
    }
    let properties: Properties = match &line["properties"] {
        Value::Object(properties) => properties.clone(),
        _ => Properties::new(),
    };
    Item::Event(Event {
        id,
        event: text("event"),
        distinct_id,
        time,
        client_time: None,
        insert_id,
        session_id: None,
        properties,
    })
}

/// Messages of 500 lines, as an import cuts them.
pub fn messages() -> Vec<Envelope> {
    let lines = lines();
    assert_eq!(lines.len(), LINES);
    (0_u32..)
        .zip(lines.chunks(500))
        .map(|(number, lines)| Envelope {
            v: ENVELOPE_VERSION,
            project: PROJECT,
            message_id: Uuid::from_u128(u128::from(number) + 1),
            received_at: RECEIVED_AT + i64::from(number),
            source: Source::Import,
            job: None,
            items: lines.iter().map(item).collect(),
            refused: Vec::new(),
            altered: Vec::new(),
            first_item: 0,
        })
        .collect()
}

async fn insights(store: &dyn Store, event: EventSelector) -> InsightsResult {
    let series = [("total", Measure::Total), ("unique", Measure::Unique)];
    let report = Report::Insights(Insights {
        range: Range::Dates {
            from: "2016-01-01".parse().expect("a date"),
            to: "2026-12-31".parse().expect("a date"),
        },
        granularity: Granularity::Year,
        series: series
            .into_iter()
            .map(|(id, measure)| Series {
                id: id.into(),
                event: event.clone(),
                filter: None,
                measure,
            })
            .collect(),
        filter: None,
        breakdown: Vec::new(),
        limit: 25,
        now: None,
    });
    let answer = store.query(PROJECT, &report, RECEIVED_AT).await;
    let ReportResult::Insights(result) = answer.expect("an answer").result;
    result
}

/// Asks for every number that is known.
pub async fn check(store: &dyn Store) {
    let all = insights(store, EventSelector::All).await;
    let totals: Vec<_> = all.series.iter().map(|series| series.total).collect();
    assert_eq!(totals, [Some(122_004.0), Some(3_253.0)]);
    let commits = insights(store, EventSelector::Named("Commit".into())).await;
    let by_year: Vec<_> = commits
        .buckets
        .iter()
        .zip(&commits.series[0].points)
        .zip(&commits.series[1].points)
        .map(|((bucket, total), unique)| {
            (&bucket[..4], total.unwrap_or(0.0), unique.unwrap_or(0.0))
        })
        .collect();
    assert_eq!(by_year, COMMITS);
    let links = store.links(PROJECT).await.expect("links");
    let refused = links.iter().filter(|link| link.refusal.is_some()).count();
    assert_eq!((links.len() - refused, refused), (208, 2));
    let schema = store.schema(PROJECT).await.expect("a schema");
    let counts: Vec<_> = schema
        .iter()
        .map(|event| (event.name.as_str(), event.count))
        .collect();
    let expected = [
        ("Commit", 65_393),
        ("Pull Request Merged", 34_771),
        ("Merge", 10_270),
        ("Co-authored", 6_205),
        ("Release Tagged", 5_365),
    ];
    assert_eq!(counts, expected);
}

/// Writes messages in batches of 32 and counts the outcomes: stored, known already.
pub async fn write(store: &dyn Store, messages: &[Envelope]) -> (usize, usize) {
    let mut outcomes = Vec::new();
    for envelopes in messages.chunks(32) {
        let batch = Batch {
            project: PROJECT,
            envelopes: envelopes.to_vec(),
        };
        let written = store.write(batch).await.expect("written");
        outcomes.extend(written.outcomes.into_iter().flatten());
    }
    let count = |what: &[ItemOutcome]| outcomes.iter().filter(|one| what.contains(one)).count();
    let stored = count(&[ItemOutcome::Stored]);
    let known = count(&[ItemOutcome::Deduplicated, ItemOutcome::Redelivered]);
    assert_eq!(stored + known, outcomes.len());
    (stored, known)
}

/// Makes the project unless it is there.
pub async fn make_project(store: &dyn Store) {
    if store.projects().await.expect("projects").is_empty() {
        let project = NewProject {
            id: PROJECT,
            name: "oss".into(),
            timezone: "UTC".into(),
            week_start: WeekStart::Monday,
            public_key: PublicKey::from_random([1; 16]),
            secret_hash: None,
            created_at: RECEIVED_AT,
        };
        store.create_project(project).await.expect("a project");
    }
}

/// The same messages in another order: steps of a number that shares no divisor with the count.
pub fn shuffled(messages: &[Envelope]) -> Vec<Envelope> {
    let count = messages.len();
    let at = |place: usize| (place * 97 + 13) % count;
    (0..count)
        .map(|place| messages[at(place)].clone())
        .collect()
}
