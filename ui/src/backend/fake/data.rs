//! Canned events: a few contributors, five kinds of event, always the same.

use empmix_model::{
    EpochMs, Properties,
    ids::ItemHash,
    stored::{EventSchema, LiveItem, PropertySchema, StoredEvent, ValueCount},
    warning::{Warning, WarningKind},
};
use serde_json::{Value, json};

/// The time that the canned data ends at: 22 August 2026, 21:51:47 UTC.
pub const NOW_MS: EpochMs = 1_787_435_507_000;
/// The time that it begins at: 6 January 2016.
const FIRST_MS: EpochMs = 1_452_038_400_000;

const EVENTS: [(&str, u64); 5] = [
    ("Commit", 65_393),
    ("Pull Request Merged", 34_771),
    ("Merge", 10_270),
    ("Co-authored", 6_205),
    ("Release Tagged", 5_365),
];

const REPOS: [&str; 6] = [
    "rerun-io/rerun",
    "emilk/egui",
    "qdrant/qdrant",
    "tokio-rs/axum",
    "gitbutlerapp/gitbutler",
    "umami-software/umami",
];

const KINDS: [&str; 3] = ["other", "fix", "feature"];

/// The schema of the canned events.
pub(super) fn schema() -> Vec<EventSchema> {
    EVENTS
        .iter()
        .map(|(name, count)| EventSchema {
            name: (*name).to_owned(),
            count: *count,
            first_seen: FIRST_MS,
            last_seen: NOW_MS,
            properties: properties(*count),
            ..EventSchema::default()
        })
        .collect()
}

fn properties(count: u64) -> Vec<PropertySchema> {
    let property = |name: &str, kind: &str, values: &[Value]| PropertySchema {
        name: name.to_owned(),
        types: vec![kind.to_owned()],
        count,
        top_values: values
            .iter()
            .zip(1..)
            .map(|(value, rank)| ValueCount {
                value: value.clone(),
                count: count / (rank + 1),
            })
            .collect(),
    };
    vec![
        property("bot", "boolean", &[json!(false), json!(true)]),
        property("files_changed", "number", &[json!(1.0), json!(2.0)]),
        property("kind", "string", &KINDS.map(|kind| json!(kind))),
        property("lines_added", "number", &[json!(1.0), json!(11.0)]),
        property("repo", "string", &REPOS.map(|repo| json!(repo))),
    ]
}

/// The newest `limit` canned events, newest first.
pub(super) fn events(limit: usize) -> Vec<StoredEvent> {
    (0..limit.min(300)).map(event).collect()
}

/// What a live stream might bring: `count` events after the stored ones, with a refusal among
/// them.
pub fn live_items(count: usize) -> Vec<LiveItem> {
    let refused = Warning {
        kind: WarningKind::Refused,
        message: "The 'distinct_id' parameter is required.".to_owned(),
        bytes: Some(r#"{"event":"Commit"}"#.to_owned()),
        received_at: NOW_MS,
    };
    let mut items: Vec<LiveItem> = (0..count)
        .map(|index| {
            let mut event = event(index);
            event.id = hash(1000 + index);
            event.time = NOW_MS + EpochMs::try_from(index).unwrap_or(0) * 400;
            event.received_at = event.time + 400;
            LiveItem::Event(event)
        })
        .collect();
    items.insert(count.min(1), LiveItem::Warning(refused));
    items
}

fn event(index: usize) -> StoredEvent {
    let (name, _) = EVENTS[[2, 1, 0, 0, 2, 1, 0, 3, 1, 0, 4][index % 11]];
    let user = ["bc86fd63bed20cc4", "9aab8ea0c1d2e3f4", "71ec6104a5b6c7d8"][index / 4 % 3];
    let time = NOW_MS - EpochMs::try_from(index).unwrap_or(0) * 97_000;
    let mut properties = Properties::new();
    properties.insert("repo".into(), json!(REPOS[index / 5 % REPOS.len()]));
    properties.insert("kind".into(), json!(KINDS[index % KINDS.len()]));
    properties.insert("files_changed".into(), json!(1 + index % 9));
    properties.insert("lines_added".into(), json!(11 * (index % 7)));
    properties.insert("tz_offset_minutes".into(), json!(120));
    properties.insert("bot".into(), json!(false));
    StoredEvent {
        id: hash(index),
        event: name.to_owned(),
        distinct_id: user.to_owned(),
        user_id: user.to_owned(),
        time,
        received_at: time + 400,
        session_id: None,
        properties,
    }
}

fn hash(index: usize) -> ItemHash {
    ItemHash((index as u128 + 1).to_be_bytes())
}
