//! Counting event names, properties, types and values, one event after the other.
//!
//! To stay small, at most [`VALUES_COUNTED`] values of a property of an event are counted at a
//! time; beyond that the rarer half is forgotten, and [`VALUES_KEPT`] are kept in the end: a
//! value's count is exact as long as no slice holds more distinct values than that.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use empmix_model::{
    EpochMs,
    stored::{EventSchema, PropertySchema, ValueCount},
};
use empmix_query::value::{Scalar, positive_zero};
use mongodb::bson::{RawBsonRef, RawDocument};
use serde_json::Value;

use crate::names::unescaped;

/// Values counted of a property of an event.
const VALUES_COUNTED: usize = 10_000;
/// Values of them that are kept.
const VALUES_KEPT: usize = 500;
/// Values that are shown of a property.
const VALUES_SHOWN: usize = 10;
/// Types in the order in which they are shown.
const TYPES: [&str; 5] = ["string", "number", "boolean", "list", "object"];

/// What was counted, by event name.
#[derive(Debug, Default, Clone)]
pub(super) struct Counted(HashMap<String, EventCount>);

#[derive(Debug, Clone)]
struct EventCount {
    count: u64,
    first: EpochMs,
    last: EpochMs,
    properties: HashMap<String, PropertyCount>,
}

#[derive(Debug, Default, Clone)]
struct PropertyCount {
    count: u64,
    types: BTreeSet<usize>,
    values: HashMap<Scalar, u64>,
}

impl Counted {
    /// Counts an event; `None` for a document that is not one.
    pub(super) fn add(&mut self, row: &RawDocument) -> Option<()> {
        let name = row.get_str("e").ok()?;
        let time = row.get_datetime("t").ok()?.timestamp_millis();
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), EventCount::at(time));
        }
        let event = self.0.get_mut(name)?;
        event.count += 1;
        event.first = event.first.min(time);
        event.last = event.last.max(time);
        for property in row.get_document("props").ok()? {
            let (field, value) = property.ok()?;
            let Some(kind) = kind(&value)? else { continue };
            if !event.properties.contains_key(field) {
                event
                    .properties
                    .insert(field.to_owned(), PropertyCount::default());
            }
            if let Some(property) = event.properties.get_mut(field) {
                property.add(kind, scalar(&value));
            }
        }
        Some(())
    }

    /// Forgets the rare values, once everything is counted.
    pub(super) fn finish(mut self) -> Self {
        let events = self.0.values_mut();
        for property in events.flat_map(|event| event.properties.values_mut()) {
            property.keep(VALUES_KEPT);
            property.values.shrink_to_fit();
        }
        self
    }

    /// Adds what was counted elsewhere.
    pub(super) fn merge(&mut self, other: &Self) {
        for (name, event) in &other.0 {
            match self.0.get_mut(name) {
                Some(known) => known.merge(event),
                None => {
                    self.0.insert(name.clone(), event.clone());
                }
            }
        }
    }

    /// What the schema page shows of it.
    pub(super) fn schema(self) -> Vec<EventSchema> {
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

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        for (field, property) in &other.properties {
            match self.properties.get_mut(field) {
                Some(known) => known.merge(property),
                None => {
                    self.properties.insert(field.clone(), property.clone());
                }
            }
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
            ..EventSchema::default()
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
            self.keep(VALUES_COUNTED / 2);
        }
    }

    fn keep(&mut self, most: usize) {
        if self.values.len() > most {
            let kept = most_frequent(std::mem::take(&mut self.values), most);
            self.values = kept.into_iter().collect();
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.types.extend(&other.types);
        for (value, count) in &other.values {
            *self.values.entry(value.clone()).or_default() += count;
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

/// The type's place in [`TYPES`]: none for null, which is nothing. `None` for a type that is never
/// written.
#[allow(
    clippy::option_option,
    reason = "the outer one says that it can be read"
)]
fn kind(value: &RawBsonRef<'_>) -> Option<Option<usize>> {
    Some(match value {
        RawBsonRef::Null => None,
        RawBsonRef::String(_) => Some(0),
        RawBsonRef::Int32(_) | RawBsonRef::Int64(_) | RawBsonRef::Double(_) => Some(1),
        RawBsonRef::Boolean(_) => Some(2),
        RawBsonRef::Array(_) => Some(3),
        RawBsonRef::Document(_) => Some(4),
        _ => return None,
    })
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
