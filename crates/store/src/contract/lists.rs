//! Pages of events, live streams, schema.

use std::time::Duration;

use empmix_model::{
    envelope::Envelope,
    item::{Authority, Item},
    stored::{LiveItem, StoredEvent},
    warning::Refused,
};
use futures::StreamExt;
use serde_json::json;

use super::{
    Harness,
    fixtures::{Fixture, NOON, event, event_with, items, link},
};
use crate::{EventFilter, EventsPage};

/// Newest first: by time, then by item hash, both descending; fields as they were written.
pub async fn events_are_newest_first(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let mut ties: Vec<_> = (0..10)
        .map(|n| event(&format!("i{n}"), &format!("u{n}"), "view", NOON))
        .collect();
    let mut newest = event("new", "ann", "buy", NOON + 1);
    newest.session_id = Some("s1".into());
    newest.client_time = Some(NOON - 5);
    let oldest = event("old", "ann", "view", NOON - 1);
    fixture.write_events(1, ties[..5].to_vec()).await;
    fixture
        .write_events(2, vec![oldest.clone(), newest.clone()])
        .await;
    fixture.write_events(3, ties[5..].to_vec()).await;
    ties.sort_by_key(|event| std::cmp::Reverse(event.id));
    let expected: Vec<_> = [newest.id]
        .into_iter()
        .chain(ties.iter().map(|event| event.id))
        .chain([oldest.id])
        .collect();
    let events = fixture.events().await;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids, expected);
    let first = StoredEvent {
        id: newest.id,
        event: "buy".into(),
        distinct_id: "ann".into(),
        user_id: "ann".into(),
        time: NOON + 1,
        received_at: NOON + 2,
        session_id: Some("s1".into()),
        properties: newest.properties,
    };
    assert_eq!(events[0], first);
}

/// Each filter alone and together; a value that no event has selects nothing.
pub async fn events_are_filtered(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let events = vec![
        event("a", "device", "view", NOON),
        event("b", "ann", "buy", NOON + 1),
        event("c", "ann", "view", NOON + 2),
        event("d", "bob", "view", NOON + 3),
    ];
    fixture.write_events(1, events).await;
    let device = Item::Instruction(link("l", "device", "ann", Authority::Client));
    fixture.write(vec![fixture.message(2, vec![device])]).await;
    let select = async |filter: EventFilter| {
        let events = fixture.select(filter).await;
        let times: Vec<_> = events.iter().map(|event| event.time - NOON).collect();
        times
    };
    let none = EventFilter::default;
    let user = |id: &str| EventFilter {
        user_id: Some(id.into()),
        ..none()
    };
    assert_eq!(select(none()).await, [3, 2, 1, 0]);
    assert_eq!(select(user("ann")).await, [2, 1, 0]);
    assert_eq!(select(user("device")).await, [0; 0], "it belongs to ann");
    assert_eq!(select(user("unknown")).await, [0; 0]);
    let id = |id: &str| EventFilter {
        distinct_id: Some(id.into()),
        ..none()
    };
    assert_eq!(select(id("ann")).await, [2, 1]);
    assert_eq!(select(id("device")).await, [0]);
    let name = |name: &str| EventFilter {
        event: Some(name.into()),
        ..none()
    };
    assert_eq!(select(name("view")).await, [3, 2, 0]);
    assert_eq!(select(name("never")).await, [0; 0]);
    let range = EventFilter {
        from: Some(NOON + 1),
        to: Some(NOON + 3),
        ..none()
    };
    assert_eq!(select(range.clone()).await, [2, 1]);
    let all = EventFilter {
        event: Some("view".into()),
        user_id: Some("ann".into()),
        ..range
    };
    assert_eq!(select(all).await, [2]);
}

/// Pages follow one another without gap or repeat while new events arrive on top.
pub async fn pages_hold_still_while_events_arrive(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    // Ten events at each of ten times, so that pages end inside equal times.
    let events = (0..100).map(|n| event(&format!("i{n}"), "ann", "view", NOON + n % 10));
    fixture.write_events(1, events.collect()).await;
    let before: Vec<_> = fixture
        .events()
        .await
        .iter()
        .map(|event| event.id)
        .collect();
    let mut seen = Vec::new();
    let mut filter = EventFilter {
        limit: 7,
        ..EventFilter::default()
    };
    for number in 2_u32.. {
        let EventsPage { events, more } = fixture
            .store
            .events(fixture.project, &filter)
            .await
            .unwrap();
        filter.after = events.last().map(|event| (event.time, event.id));
        seen.extend(events.iter().map(|event| event.id));
        let newer = event(&format!("n{number}"), "bob", "view", NOON + 100);
        fixture.write_events(number, vec![newer]).await;
        if !more {
            break;
        }
        assert_eq!(events.len(), 7);
    }
    assert_eq!(seen, before);
}

/// A watcher sees what is stored after it began, once, in order; a replay shows nothing.
pub async fn live_shows_what_is_stored_in_order(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    fixture
        .write_events(1, vec![event("before", "ann", "view", NOON)])
        .await;
    let mut live = fixture.store.live(fixture.project).await.unwrap();
    let named = |id: &str, time| event_with(id, "device", time, json!({"id": id}));
    fixture
        .write_events(2, vec![named("a", NOON + 9), named("b", NOON)])
        .await;
    fixture
        .write_events(2, vec![named("a", NOON + 9), named("b", NOON)])
        .await;
    let device = Item::Instruction(link("l", "device", "ann", Authority::Client));
    let refused = Refused {
        index: 0,
        kind: "invalid_request_error".into(),
        message: "The 'distinct_id' parameter is required.".into(),
        bytes: "{}".into(),
    };
    let third = Envelope {
        refused: vec![refused],
        ..fixture.message(3, items([named("c", NOON - 9)]))
    };
    fixture.write(vec![fixture.message(4, vec![device])]).await;
    fixture.write(vec![third]).await;
    let mut events = Vec::new();
    let mut warnings = Vec::new();
    while events.len() + warnings.len() < 4 {
        let next = tokio::time::timeout(Duration::from_secs(10), live.next()).await;
        match next.unwrap().unwrap().unwrap() {
            LiveItem::Event(event) => events.push(event),
            LiveItem::Warning(warning) => warnings.push(warning),
        }
    }
    let ids: Vec<_> = events
        .iter()
        .map(|event| event.properties["id"].clone())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(events[0].user_id, "device");
    assert_eq!(events[2].user_id, "ann");
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].message,
        "The 'distinct_id' parameter is required."
    );
}

/// A watcher that does not look while much is stored sees the newest, or all, and knows how many
/// it did not see.
pub async fn a_slow_watcher_learns_what_it_missed(harness: &impl Harness) {
    const EVENTS: i64 = 3000;
    let fixture = Fixture::new(harness).await;
    let mut live = fixture.store.live(fixture.project).await.unwrap();
    let events = (0..EVENTS).map(|n| event(&n.to_string(), "ann", "view", NOON + n));
    fixture.write_events(1, events.collect()).await;
    let mut count = 0;
    while count < EVENTS.cast_unsigned() {
        let next = tokio::time::timeout(Duration::from_secs(10), live.next()).await;
        count += match next.unwrap().expect("the stream goes on") {
            Ok(_) => 1,
            Err(missed) => missed.0,
        };
    }
    assert_eq!(count, EVENTS.cast_unsigned());
}

/// Names by count, then by name; properties with types, counts and frequent values.
pub async fn the_schema_counts_what_is_stored(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let properties = [
        json!({"plan": "pro", "n": 1}),
        json!({"plan": "pro", "n": "1"}),
        json!({"plan": "free", "n": null, "tags": ["a"]}),
    ];
    let views = (0..)
        .zip(properties)
        .map(|(n, properties)| event_with(&format!("v{n}"), "ann", NOON + n, properties));
    fixture.write_events(1, views.collect()).await;
    let others = ["b", "a"].map(|name| event(name, "ann", name, NOON - 7));
    fixture.write_events(2, others.to_vec()).await;
    let schema = fixture.store.schema(fixture.project).await.unwrap();
    let names: Vec<_> = schema
        .iter()
        .map(|event| (&*event.name, event.count))
        .collect();
    assert_eq!(names, [("view", 3), ("a", 1), ("b", 1)]);
    assert_eq!(
        (schema[0].first_seen, schema[0].last_seen),
        (NOON, NOON + 2)
    );
    assert_eq!(
        (schema[1].first_seen, schema[1].last_seen),
        (NOON - 7, NOON - 7)
    );
    let properties = serde_json::to_value(&schema[0].properties).unwrap();
    let value = |value: serde_json::Value, count: u64| json!({"value": value, "count": count});
    let expected = json!([
        {"name": "n", "types": ["string", "number"], "count": 2,
         "top_values": [value(json!("1"), 1), value(json!(1), 1)]},
        {"name": "plan", "types": ["string"], "count": 3,
         "top_values": [value(json!("pro"), 2), value(json!("free"), 1)]},
        {"name": "tags", "types": ["list"], "count": 1, "top_values": []},
    ]);
    assert!(
        super::properties::equal(&properties, &expected),
        "{properties}"
    );
}
