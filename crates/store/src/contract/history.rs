//! A short history of one installation, and everything that a reader sees of it.
//!
//! The fixtures of released layouts were written by [`write_first`] and [`write_second`]; a test
//! opens a copy of them with the code of today and compares [`answers`] with those of the release.

use empmix_model::{
    DAY_MS,
    envelope::{Envelope, JobPart},
    ids::{ItemHash, JobId, ProjectId},
    item::{Action, Authority, Event, Instruction, Item},
    job::{JobKind, JobState},
    key::SecretKey,
    project::WeekStart,
    warning::{Alteration, Refused, WarningKind},
};
use serde_json::{Value, json};

use super::fixtures::{self, Fixture, NOON, event_with, items, link, message, new_project};
use crate::{Batch, NewProject, Store};

/// The project that everything happens in.
pub const PROJECT: ProjectId = ProjectId([1; 8]);
/// The import of the history.
pub const JOB: JobId = JobId([3; 8]);
/// Events of each of the two days that come first.
pub const EVENTS_PER_DAY: u32 = 60;

/// Makes two projects and writes two days of events, who is who, warnings and a part of an import.
pub async fn write_first(store: &dyn Store) {
    let shop = NewProject {
        timezone: "Asia/Kolkata".into(),
        week_start: WeekStart::Sunday,
        secret_hash: Some(SecretKey::from_random([9; 16]).hash()),
        ..new_project(1, "Shop 🦀")
    };
    store.create_project(shop).await.unwrap();
    store.create_project(new_project(2, "two")).await.unwrap();
    let job = store.open_job(JOB, PROJECT, JobKind::Import, NOON).await;
    assert_eq!(job.unwrap().done, 0);
    store.accept_parts(JOB, &[1, 2]).await.unwrap();
    let mut first = message(PROJECT, 1, items((0..2 * EVENTS_PER_DAY).map(visit)));
    first.job = Some(JobPart { job: JOB, part: 1 });
    first.refused = vec![Refused {
        index: 0,
        kind: "invalid_request_error".into(),
        message: "The 'distinct_id' parameter is required.".into(),
        bytes: "{\"event\":\"view\"}".into(),
    }];
    first.altered = vec![Alteration {
        item: visit(0).id,
        kind: WarningKind::StringCut,
        detail: "The string in 'text' was cut.".into(),
    }];
    write(store, vec![first, message(PROJECT, 2, who_is_who())]).await;
}

/// Writes another day of events, a conflict, and the end of the import.
pub async fn write_second(store: &dyn Store) {
    let from = 2 * EVENTS_PER_DAY;
    let mut third = message(PROJECT, 3, items((from..from + 20).map(visit)));
    third.job = Some(JobPart { job: JOB, part: 2 });
    let mut other = visit(0);
    other.properties.insert("plan".into(), json!("other"));
    write(store, vec![third, message(PROJECT, 4, items([other]))]).await;
    let close = store.set_job_state(JOB, JobState::Closing, None);
    close.await.unwrap();
}

async fn write(store: &dyn Store, envelopes: Vec<Envelope>) {
    let batch = Batch {
        project: PROJECT,
        envelopes,
    };
    store.write(batch).await.unwrap();
}

/// Event `number`, with properties of every type.
pub fn visit(number: u32) -> Event {
    let n = i64::from(number);
    let day = n / i64::from(EVENTS_PER_DAY) - 2;
    let properties = json!({
        "plan": if n % 2 == 0 { "pro" } else { "free" },
        "price": (n % 8) as f64 / 4.0,
        "mixed": if n % 3 == 0 { json!("3") } else { json!(3) },
        "tags": ["a", n % 3, {"deep": null}],
        "a.b": n % 4 == 0,
        "$odd": null,
    });
    let ids = ["device", "ann", "bob", "cleo", "tablet"];
    let id = ids[number as usize % ids.len()];
    let mut event = event_with(&format!("i{n}"), id, NOON + day * DAY_MS + n, properties);
    event.event = ["view", "buy"][usize::from(n % 5 == 0)].into();
    event.session_id = (n % 2 == 0).then(|| format!("s{}", n % 7));
    event.client_time = (n % 9 == 0).then_some(event.time - 1);
    event
}

/// A device of ann's, a link that is refused, one of a server's, and an identification.
fn who_is_who() -> Vec<Item> {
    let identify = Instruction {
        id: ItemHash::of("cleo", "identify", Some(NOON)),
        distinct_id: "cleo".into(),
        time: NOON,
        client_time: None,
        insert_id: "identify".into(),
        authority: Authority::Client,
        action: Action::Identify {
            anonymous_id: None,
            properties: Some(fixtures::event("x", "x", "x", NOON).properties),
            operations: None,
        },
    };
    let links = [
        link("l1", "device", "ann", Authority::Client),
        link("l2", "device", "bob", Authority::Client),
        link("l3", "tablet", "cleo", Authority::Server),
    ];
    links
        .into_iter()
        .chain([identify])
        .map(Item::Instruction)
        .collect()
}

/// Everything that a reader sees, as JSON. The message of a warning is left out: that of a refused
/// link is worded when it is read.
pub async fn answers(fixture: &Fixture) -> Value {
    let store = fixture.store.as_ref();
    let links = store.links(PROJECT).await.unwrap();
    let links = links.iter().map(|folded| {
        let link = &folded.link;
        json!([
            link.source,
            link.destination,
            link.authority,
            folded.refusal
        ])
    });
    let warnings = store.warnings(PROJECT, 100).await.unwrap();
    let mut warnings: Vec<_> = warnings
        .iter()
        .map(|warning| json!([warning.received_at, warning.kind, warning.bytes]))
        .collect();
    warnings.sort_by_key(Value::to_string);
    let secret = SecretKey::from_random([9; 16]);
    let keys = store.keys().await.unwrap();
    let keys = keys.iter().map(|keys| {
        let opens = keys.secret.map(|hash| hash.matches(secret.reveal()));
        json!([keys.project, keys.public, opens])
    });
    let mut sessions = Vec::new();
    for number in 0..7 {
        let session = store.session(PROJECT, &format!("s{number}")).await;
        sessions.push(session.unwrap());
    }
    let (total, unique) = fixture.totals(None).await;
    json!({
        "projects": store.projects().await.unwrap(),
        "keys": keys.collect::<Vec<_>>(),
        "events": fixture.events().await,
        "schema": store.schema(PROJECT).await.unwrap(),
        "links": links.collect::<Vec<_>>(),
        "warnings": warnings,
        "sessions": sessions,
        "job": store.job(JOB).await.unwrap(),
        "total": total,
        "unique": unique,
    })
}
