//! What the schema page shows: event names, properties, types, frequent values.
//!
//! Names, times and properties of all events are streamed once and counted here: on the server the
//! same count takes ten times as long. To stay small, at most [`VALUES_COUNTED`] values of a
//! property of an event are counted at a time; beyond that the rarer half is forgotten, so a
//! frequent value of a property with very many may be counted short.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use empmix_model::{
    EpochMs,
    ids::ProjectId,
    stored::{EventSchema, PropertySchema, ValueCount},
};
use empmix_query::value::{Scalar, positive_zero};
use futures::TryStreamExt;
use mongodb::bson::{Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use serde_json::Value;

use super::{MongoStore, calls::within, documents::project_id, names::unescaped};
use crate::StoreError;

/// Values counted of a property of an event.
const VALUES_COUNTED: usize = 10_000;
/// Values that are shown of a property.
const VALUES_SHOWN: usize = 10;
/// Types in the order in which they are shown.
const TYPES: [&str; 5] = ["string", "number", "boolean", "list", "object"];
/// Events of one answer of the server.
const BATCH: u32 = 5_000;

#[derive(Default)]
struct Counted(HashMap<String, EventCount>);

struct EventCount {
    count: u64,
    first: EpochMs,
    last: EpochMs,
    properties: HashMap<String, PropertyCount>,
}

#[derive(Default)]
struct PropertyCount {
    count: u64,
    types: BTreeSet<usize>,
    values: HashMap<Scalar, u64>,
}

impl MongoStore {
    pub(super) async fn names_and_properties(
        &self,
        project: ProjectId,
    ) -> Result<Vec<EventSchema>, StoreError> {
        let deadline = self.options.query_deadline;
        let events = self.db.collection::<RawDocumentBuf>("events");
        let call = events
            .find(doc! {"p": project_id(project)})
            .projection(doc! {"_id": 0, "e": 1, "t": 1, "props": 1})
            .batch_size(BATCH)
            .max_time(deadline);
        let read = async {
            let mut rows = call.await?;
            let mut counted = Counted::default();
            while rows.advance().await? {
                counted.add(rows.current());
            }
            Ok(counted)
        };
        Ok(within(deadline, read).await?.schema())
    }

    /// Runs a pipeline over the events.
    pub(super) async fn rows(
        &self,
        pipeline: Vec<Document>,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let events = self.db.collection::<Document>("events");
        let call = events
            .aggregate(pipeline)
            .allow_disk_use(true)
            .max_time(self.options.query_deadline)
            .with_type::<RawDocumentBuf>();
        let read = async { call.await?.try_collect().await };
        within(self.options.query_deadline, read).await
    }
}

impl Counted {
    /// Counts an event; what is no event of ours is passed over.
    fn add(&mut self, row: &RawDocument) {
        let (Ok(name), Ok(time)) = (row.get_str("e"), row.get_datetime("t")) else {
            return;
        };
        let time = time.timestamp_millis();
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), EventCount::at(time));
        }
        let Some(event) = self.0.get_mut(name) else {
            return;
        };
        event.count += 1;
        event.first = event.first.min(time);
        event.last = event.last.max(time);
        let properties = row.get_document("props").into_iter().flatten();
        for (field, value) in properties.flatten() {
            let Some(kind) = kind(&value) else { continue };
            if !event.properties.contains_key(field) {
                event
                    .properties
                    .insert(field.to_owned(), PropertyCount::default());
            }
            if let Some(property) = event.properties.get_mut(field) {
                property.add(kind, scalar(&value));
            }
        }
    }

    fn schema(self) -> Vec<EventSchema> {
        let mut schema: Vec<_> = self.0.into_iter().map(EventCount::schema).collect();
        schema.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        schema
    }
}

impl EventCount {
    fn at(time: EpochMs) -> Self {
        Self {
            count: 0,
            first: time,
            last: time,
            properties: HashMap::new(),
        }
    }

    fn schema((name, event): (String, Self)) -> EventSchema {
        let properties: BTreeMap<_, _> = event
            .properties
            .into_iter()
            .map(|(field, property)| (unescaped(&field), property))
            .collect();
        EventSchema {
            name,
            count: event.count,
            first_seen: event.first,
            last_seen: event.last,
            properties: properties.into_iter().map(PropertyCount::schema).collect(),
        }
    }
}

impl PropertyCount {
    fn add(&mut self, kind: usize, value: Option<Scalar>) {
        self.count += 1;
        self.types.insert(kind);
        if let Some(value) = value {
            *self.values.entry(value).or_default() += 1;
        }
        if self.values.len() > VALUES_COUNTED {
            self.values = most_frequent(std::mem::take(&mut self.values), VALUES_COUNTED / 2)
                .into_iter()
                .collect();
        }
    }

    fn schema((name, property): (String, Self)) -> PropertySchema {
        let top = most_frequent(property.values, VALUES_SHOWN).into_iter();
        PropertySchema {
            name,
            types: property
                .types
                .into_iter()
                .map(|kind| TYPES[kind].to_owned())
                .collect(),
            count: property.count,
            top_values: top
                .map(|(value, count)| ValueCount {
                    value: json(value),
                    count,
                })
                .collect(),
        }
    }
}

/// The most frequent first, ties by value.
fn most_frequent(values: HashMap<Scalar, u64>, keep: usize) -> Vec<(Scalar, u64)> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(|(a, n), (b, m)| Reverse(n).cmp(&Reverse(m)).then_with(|| a.cmp(b)));
    values.truncate(keep);
    values
}

/// The type's place in [`TYPES`]; `None` for null, which is nothing.
fn kind(value: &RawBsonRef<'_>) -> Option<usize> {
    match value {
        RawBsonRef::String(_) => Some(0),
        RawBsonRef::Int32(_) | RawBsonRef::Int64(_) | RawBsonRef::Double(_) => Some(1),
        RawBsonRef::Boolean(_) => Some(2),
        RawBsonRef::Array(_) => Some(3),
        RawBsonRef::Document(_) => Some(4),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "stored integers are below 2^53")]
fn scalar(value: &RawBsonRef<'_>) -> Option<Scalar> {
    match value {
        RawBsonRef::String(text) => Some(Scalar::Text((*text).to_owned())),
        RawBsonRef::Boolean(flag) => Some(Scalar::Boolean(*flag)),
        RawBsonRef::Int32(whole) => Some(Scalar::Number(f64::from(*whole))),
        RawBsonRef::Int64(whole) => Some(Scalar::Number(*whole as f64)),
        RawBsonRef::Double(float) => Some(Scalar::Number(positive_zero(*float))),
        _ => None,
    }
}

fn json(value: Scalar) -> Value {
    match value {
        Scalar::Text(text) => Value::String(text),
        Scalar::Number(number) => whole(number).map_or_else(|| number.into(), Value::from),
        Scalar::Boolean(flag) => Value::Bool(flag),
    }
}

/// A number without a fraction as it is written: 5, not 5.0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and small"
)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}
