//! What cases are made of: a store with one project, and short ways to say events and messages.

use std::sync::Arc;

use empmix_model::{
    EpochMs, Properties,
    envelope::{ENVELOPE_VERSION, Envelope, Source},
    ids::{ItemHash, MessageId, ProjectId},
    item::{Action, Authority, Event, Instruction, Item},
    key::PublicKey,
    project::WeekStart,
    stored::StoredEvent,
};
use empmix_query::{
    answer::{InsightsResult, ReportResult},
    report::{EventSelector, Filter, Granularity, Insights, Measure, Range, Report, Series},
};
use serde_json::Value;
use uuid::Uuid;

use super::Harness;
use crate::{Batch, EventFilter, ItemOutcome, NewProject, Store, Written};

/// Noon of a Wednesday; everything in the cases happens around it.
pub const NOON: EpochMs = 1_773_835_200_000;

/// A store under test with one project in it.
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The project.
    pub project: ProjectId,
}

/// What a new project is made from.
pub fn new_project(number: u8, name: &str) -> NewProject {
    NewProject {
        id: ProjectId([number; 8]),
        name: name.into(),
        timezone: "UTC".into(),
        week_start: WeekStart::Monday,
        public_key: PublicKey::from_random([number; 16]),
        secret_hash: None,
        created_at: NOON + i64::from(number),
    }
}

/// An event.
pub fn event(insert_id: &str, distinct_id: &str, name: &str, time: EpochMs) -> Event {
    Event {
        id: ItemHash::of(distinct_id, insert_id, Some(time)),
        event: name.into(),
        distinct_id: distinct_id.into(),
        time,
        client_time: None,
        insert_id: insert_id.into(),
        session_id: None,
        properties: Properties::new(),
    }
}

/// An event with properties, given as a JSON object.
pub fn event_with(insert_id: &str, distinct_id: &str, time: EpochMs, properties: Value) -> Event {
    let Value::Object(properties) = properties else {
        panic!("properties are an object")
    };
    Event {
        properties,
        ..event(insert_id, distinct_id, "view", time)
    }
}

/// An instruction that links `source` to `destination`.
pub fn link(insert_id: &str, source: &str, destination: &str, authority: Authority) -> Instruction {
    Instruction {
        id: ItemHash::of(destination, insert_id, Some(NOON)),
        distinct_id: destination.into(),
        time: NOON,
        client_time: None,
        insert_id: insert_id.into(),
        authority,
        action: Action::Link {
            source: source.into(),
        },
    }
}

/// Message `number`, received `number` milliseconds after noon.
pub fn message(project: ProjectId, number: u32, items: Vec<Item>) -> Envelope {
    Envelope {
        v: ENVELOPE_VERSION,
        project,
        message_id: message_id(number),
        received_at: NOON + EpochMs::from(number),
        source: Source::Track,
        job: None,
        items,
        refused: Vec::new(),
        altered: Vec::new(),
        first_item: 0,
    }
}

/// The id of message `number`.
pub fn message_id(number: u32) -> MessageId {
    Uuid::from_u128(u128::from(number) + 1)
}

/// Events as items.
pub fn items(events: impl IntoIterator<Item = Event>) -> Vec<Item> {
    events.into_iter().map(Item::Event).collect()
}

impl Fixture {
    /// Opens the store and makes its project.
    pub async fn new(harness: &impl Harness) -> Self {
        let store = harness.open().await;
        let project = store.create_project(new_project(1, "one")).await.unwrap();
        Self {
            store,
            project: project.id,
        }
    }

    /// Closes the store and opens it again.
    pub async fn reopen(self, harness: &impl Harness) -> Self {
        self.store.close().await;
        drop(self.store);
        Self {
            store: harness.open().await,
            project: self.project,
        }
    }

    /// A message of the project.
    pub fn message(&self, number: u32, items: Vec<Item>) -> Envelope {
        message(self.project, number, items)
    }

    /// Writes messages as one batch.
    pub async fn write(&self, envelopes: Vec<Envelope>) -> Written {
        let batch = Batch {
            project: self.project,
            envelopes,
        };
        self.store.write(batch).await.unwrap()
    }

    /// Writes events as one message.
    pub async fn write_events(&self, number: u32, events: Vec<Event>) -> Vec<ItemOutcome> {
        let message = self.message(number, items(events));
        self.write(vec![message]).await.outcomes.remove(0)
    }

    /// Every event, newest first.
    pub async fn events(&self) -> Vec<StoredEvent> {
        self.select(EventFilter::default()).await
    }

    /// The first page of a selection, of the largest size.
    pub async fn select(&self, filter: EventFilter) -> Vec<StoredEvent> {
        let filter = EventFilter {
            limit: empmix_model::limits::PAGE_ROWS,
            ..filter
        };
        self.store
            .events(self.project, &filter)
            .await
            .unwrap()
            .events
    }

    /// Range totals of `total` and `unique` over the year of the cases, of events that pass.
    pub async fn totals(&self, filter: Option<Filter>) -> (f64, f64) {
        let result = self.insights(filter).await;
        let total = |at: usize| {
            let series: Vec<_> = result
                .series
                .iter()
                .filter(|s| s.id == ["total", "unique"][at])
                .collect();
            series.iter().filter_map(|series| series.total).sum()
        };
        (total(0), total(1))
    }

    /// `total` and `unique` of every event over the year of the cases, by year.
    pub async fn insights(&self, filter: Option<Filter>) -> InsightsResult {
        let series = [("total", Measure::Total), ("unique", Measure::Unique)];
        let report = Report::Insights(Insights {
            range: Range::Last {
                last: 1,
                unit: Granularity::Year,
            },
            granularity: Granularity::Year,
            series: series
                .into_iter()
                .map(|(id, measure)| Series {
                    id: id.into(),
                    event: EventSelector::All,
                    filter: None,
                    measure,
                })
                .collect(),
            filter,
            breakdown: Vec::new(),
            limit: 25,
            now: None,
        });
        let answer = self.store.query(self.project, &report, NOON).await.unwrap();
        let ReportResult::Insights(result) = answer.result;
        result
    }
}
