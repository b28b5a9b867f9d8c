//! The events and properties of the project that can be picked.

use std::collections::BTreeMap;

use empmix_protocol::reply::Schema;
use serde_json::Value;

/// The reserved property that holds the event's name.
pub const EVENT_PROPERTY: &str = "$event";

/// The events and properties that can be picked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// Names of events with their counts, most frequent first.
    pub events: Vec<(String, u64)>,
    /// Properties over all events, most frequent first.
    pub properties: Vec<PropertyInfo>,
}

/// A property over all events.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyInfo {
    /// Its name.
    pub name: String,
    /// The types seen, sorted.
    pub types: Vec<String>,
    /// Events that carry it.
    pub count: u64,
    /// Its most frequent values with their counts, most frequent first.
    pub top_values: Vec<(Value, u64)>,
}

/// The most suggestions for a value.
const MAX_VALUES: usize = 50;
/// Reserved properties that a report may split or filter by.
const RESERVED: [&str; 4] = [EVENT_PROPERTY, "$user_id", "$distinct_id", "$session_id"];

impl Catalog {
    /// Reads a schema.
    pub fn new(schema: &Schema) -> Self {
        let mut merged: BTreeMap<&str, PropertyInfo> = BTreeMap::new();
        for event in &schema.events {
            for property in &event.properties {
                let into = merged
                    .entry(&property.name)
                    .or_insert_with(|| PropertyInfo::new(&property.name));
                into.count += property.count;
                into.types.extend(property.types.iter().cloned());
                for seen in &property.top_values {
                    into.add_value(&seen.value, seen.count);
                }
            }
        }
        let mut properties: Vec<PropertyInfo> = merged.into_values().collect();
        properties
            .iter_mut()
            .for_each(PropertyInfo::sort_and_truncate);
        properties.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        let events: Vec<(String, u64)> = schema
            .events
            .iter()
            .map(|event| (event.name.clone(), event.count))
            .collect();
        properties.extend(reserved(&events));
        Self { events, properties }
    }

    /// The information about a property, if it is known.
    pub fn property(&self, name: &str) -> Option<&PropertyInfo> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }

    /// Properties that hold numbers.
    pub fn numeric(&self) -> impl Iterator<Item = &PropertyInfo> {
        self.properties
            .iter()
            .filter(|property| property.types.iter().any(|name| name == "number"))
    }
}

impl PropertyInfo {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            types: Vec::new(),
            count: 0,
            top_values: Vec::new(),
        }
    }

    /// The type, when only one was seen.
    pub fn only_type(&self) -> Option<&str> {
        match self.types.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn add_value(&mut self, value: &Value, count: u64) {
        match self.top_values.iter_mut().find(|(seen, _)| seen == value) {
            Some((_, total)) => *total += count,
            None => self.top_values.push((value.clone(), count)),
        }
    }

    fn sort_and_truncate(&mut self) {
        self.types.sort();
        self.types.dedup();
        self.top_values.sort_by(|a, b| {
            b.1.cmp(&a.1)
                .then_with(|| a.0.to_string().cmp(&b.0.to_string()))
        });
        self.top_values.truncate(MAX_VALUES);
    }
}

fn reserved(events: &[(String, u64)]) -> Vec<PropertyInfo> {
    let count = events.iter().map(|(_, count)| count).sum();
    let names = events
        .iter()
        .take(MAX_VALUES)
        .map(|(name, count)| (Value::String(name.clone()), *count));
    RESERVED
        .into_iter()
        .map(|name| PropertyInfo {
            types: vec!["string".to_owned()],
            count,
            top_values: if name == EVENT_PROPERTY {
                names.clone().collect()
            } else {
                Vec::new()
            },
            ..PropertyInfo::new(name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use empmix_model::stored::{EventSchema, PropertySchema, ValueCount};
    use serde_json::json;

    use super::*;

    fn event(name: &str, count: u64, values: &[(Value, u64)], kind: &str) -> EventSchema {
        EventSchema {
            name: name.to_owned(),
            count,
            properties: vec![PropertySchema {
                name: "repo".to_owned(),
                types: vec![kind.to_owned()],
                count,
                top_values: values
                    .iter()
                    .map(|(value, count)| ValueCount {
                        value: value.clone(),
                        count: *count,
                    })
                    .collect(),
            }],
            ..EventSchema::default()
        }
    }

    #[test]
    fn a_property_is_merged_over_all_events() {
        let schema = Schema {
            events: vec![
                event("Commit", 10, &[(json!("a"), 6), (json!("b"), 4)], "string"),
                event("Merge", 5, &[(json!("b"), 5)], "number"),
            ],
            user_properties: Vec::new(),
        };
        let catalog = Catalog::new(&schema);
        let repo = catalog.property("repo").unwrap();
        assert_eq!(repo.count, 15);
        assert_eq!(repo.types, ["number", "string"]);
        assert_eq!(repo.only_type(), None);
        assert_eq!(repo.top_values, [(json!("b"), 9), (json!("a"), 6)]);
        let names = &catalog.property(EVENT_PROPERTY).unwrap().top_values;
        assert_eq!(names, &[(json!("Commit"), 10), (json!("Merge"), 5)]);
        assert_eq!(catalog.numeric().count(), 1);
    }
}
