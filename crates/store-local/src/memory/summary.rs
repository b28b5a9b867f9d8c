//! What the schema page shows of some rows: counts, times, types and frequent values.
//!
//! Rows never change once they are in a chunk or a part, so a summary is made once for each and
//! the schema is the sum of a few of them. To stay small a summary keeps the [`VALUES_KEPT`] most
//! frequent values of a property of an event: a value's count is exact as long as no part holds
//! more distinct values than that.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use empmix_engine::Pages;
use empmix_model::{
    EpochMs,
    stored::{EventSchema, PropertySchema, ValueCount},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::memory::properties::{PropertyColumn, PropertyColumns};

/// Values kept for each property of each event.
const VALUES_KEPT: usize = 500;
/// Values that the schema shows.
const VALUES_SHOWN: usize = 10;
/// Types in the order in which they are shown; a summary's bit `n` is type `n`.
const TYPES: [&str; 5] = ["string", "number", "boolean", "list", "object"];
/// Cells (events × values) up to which counting uses an array.
const COUNTERS: usize = 1 << 22;

/// A summary by event code.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary(BTreeMap<u32, EventSummary>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct EventSummary {
    count: u64,
    first: EpochMs,
    last: EpochMs,
    properties: BTreeMap<String, PropertySummary>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct PropertySummary {
    types: u8,
    count: u64,
    values: Vec<(Value, u64)>,
}

impl Summary {
    /// Summarises rows: event codes, times and properties in one order.
    pub(crate) fn of(codes: &[u32], times: &[EpochMs], properties: &PropertyColumns) -> Self {
        let mut events = BTreeMap::new();
        for (code, time) in codes.iter().zip(times) {
            let event = events.entry(*code).or_insert(EventSummary {
                count: 0,
                first: *time,
                last: *time,
                properties: BTreeMap::new(),
            });
            event.count += 1;
            event.first = event.first.min(*time);
            event.last = event.last.max(*time);
        }
        for (name, column) in properties.iter() {
            for (code, property) in of_column(codes, column) {
                if let Some(event) = events.get_mut(&code) {
                    event.properties.insert(name.to_owned(), property);
                }
            }
        }
        Self(events)
    }

    /// The schema that several summaries make together.
    pub(crate) fn schema<'a>(
        summaries: impl Iterator<Item = &'a Self>,
        names: &Pages<Arc<str>>,
    ) -> Vec<EventSchema> {
        let mut events: BTreeMap<u32, Vec<&EventSummary>> = BTreeMap::new();
        for (code, event) in summaries.flat_map(|summary| &summary.0) {
            events.entry(*code).or_default().push(event);
        }
        let mut schema: Vec<EventSchema> = events
            .into_iter()
            .filter_map(|(code, parts)| Some(event_schema(names.get(code as usize)?, &parts)))
            .collect();
        schema.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        schema
    }
}

fn event_schema(name: &str, parts: &[&EventSummary]) -> EventSchema {
    let mut properties: BTreeMap<&str, Vec<&PropertySummary>> = BTreeMap::new();
    for (name, property) in parts.iter().flat_map(|part| &part.properties) {
        properties.entry(name).or_default().push(property);
    }
    EventSchema {
        name: name.to_owned(),
        count: parts.iter().map(|part| part.count).sum(),
        first_seen: parts.iter().map(|part| part.first).min().unwrap_or(0),
        last_seen: parts.iter().map(|part| part.last).max().unwrap_or(0),
        properties: properties
            .into_iter()
            .map(|(name, parts)| property_schema(name, &parts))
            .collect(),
        ..EventSchema::default()
    }
}

fn property_schema(name: &str, parts: &[&PropertySummary]) -> PropertySchema {
    let types = parts.iter().fold(0, |types, part| types | part.types);
    let mut counts: HashMap<&Value, u64> = HashMap::new();
    for (value, count) in parts.iter().flat_map(|part| &part.values) {
        *counts.entry(value).or_default() += count;
    }
    let counts = counts
        .into_iter()
        .map(|(value, count)| (value.clone(), count))
        .collect();
    PropertySchema {
        name: name.to_owned(),
        types: (0..TYPES.len())
            .filter(|bit| types & (1 << bit) != 0)
            .map(|bit| TYPES[bit].to_owned())
            .collect(),
        count: parts.iter().map(|part| part.count).sum(),
        top_values: most_frequent(counts, VALUES_SHOWN)
            .into_iter()
            .map(|(value, count)| ValueCount { value, count })
            .collect(),
    }
}

/// The summary of a property for each event that carries it.
fn of_column(codes: &[u32], column: &PropertyColumn) -> HashMap<u32, PropertySummary> {
    let mut summaries: HashMap<u32, PropertySummary> = HashMap::new();
    for ((event, value), count) in count_pairs(codes, column) {
        let value = &column.values[value as usize];
        let summary = summaries.entry(event).or_default();
        let bit = type_of(value);
        summary.types |= 1 << bit;
        summary.count += count;
        if bit <= 2 {
            summary.values.push((value.clone(), count));
        }
    }
    for summary in summaries.values_mut() {
        summary.values = most_frequent(std::mem::take(&mut summary.values), VALUES_KEPT);
    }
    summaries
}

/// How often each (event code, value code) occurs.
fn count_pairs(codes: &[u32], column: &PropertyColumn) -> Vec<((u32, u32), u64)> {
    let events = codes.iter().max().map_or(0, |max| *max as usize + 1);
    let values = column.values.len();
    if events * values > COUNTERS {
        let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
        column.each(|row, value| *counts.entry((codes[row as usize], value)).or_default() += 1);
        return counts.into_iter().collect();
    }
    let mut counts = vec![0_u64; events * values];
    column.each(|row, value| {
        counts[codes[row as usize] as usize * values + value as usize] += 1;
    });
    (0_u32..)
        .zip(counts.chunks(values.max(1)))
        .flat_map(|(event, row)| {
            (0_u32..)
                .zip(row)
                .map(move |(value, n)| ((event, value), *n))
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn most_frequent(mut values: Vec<(Value, u64)>, keep: usize) -> Vec<(Value, u64)> {
    values.sort_by(|(a, a_count), (b, b_count)| {
        Reverse(a_count)
            .cmp(&Reverse(b_count))
            .then_with(|| compare(a, b))
    });
    values.truncate(keep);
    values
}

/// Strings, then numbers, then booleans, each ascending.
fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            let number = |n: &serde_json::Number| n.as_f64().unwrap_or(0.0);
            number(a).total_cmp(&number(b))
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => type_of(a).cmp(&type_of(b)),
    }
}

fn type_of(value: &Value) -> usize {
    match value {
        Value::String(_) | Value::Null => 0,
        Value::Number(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
    }
}
