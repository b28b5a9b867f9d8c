//! What the schema page shows: event names, properties, types, frequent values.

use std::collections::{BTreeMap, BTreeSet};

use empmix_model::{
    ids::ProjectId,
    stored::{EventSchema, PropertySchema, ValueCount},
};
use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};

use super::{
    MongoStore, calls::listed, documents::project_id, facts::broken, names::unescaped, values,
};
use crate::StoreError;

/// Values that are shown of a property.
const VALUES_SHOWN: i32 = 10;
/// Types in the order in which they are shown.
const TYPES: [&str; 5] = ["string", "number", "boolean", "list", "object"];

impl MongoStore {
    pub(super) async fn names_and_properties(
        &self,
        project: ProjectId,
    ) -> Result<Vec<EventSchema>, StoreError> {
        let (names, properties) = futures::try_join!(
            self.rows(names_pipeline(project)),
            self.rows(properties_pipeline(project))
        )?;
        let mut events = BTreeMap::new();
        for row in &names {
            let event = read_event(row).ok_or_else(|| broken("the schema"))?;
            events.insert(event.name.clone(), event);
        }
        for row in &properties {
            let (event, property) = read_property(row).ok_or_else(|| broken("the schema"))?;
            // An event of a moment ago may be in one answer and not in the other.
            if let Some(event) = events.get_mut(&event) {
                event.properties.push(property);
            }
        }
        let mut events: Vec<_> = events.into_values().collect();
        for event in &mut events {
            event.properties.sort_by(|a, b| a.name.cmp(&b.name));
        }
        events.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        Ok(events)
    }

    /// Runs a pipeline over the events.
    pub(super) async fn rows(
        &self,
        pipeline: Vec<Document>,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let events = self.db.collection::<Document>("events");
        listed(
            self.options.query_deadline,
            events
                .aggregate(pipeline)
                .allow_disk_use(true)
                .max_time(self.options.query_deadline)
                .with_type::<RawDocumentBuf>(),
        )
        .await
    }
}

fn names_pipeline(project: ProjectId) -> Vec<Document> {
    vec![
        doc! {"$match": {"p": project_id(project)}},
        doc! {"$group": {
            "_id": "$e",
            "n": {"$sum": 1_i64},
            "first": {"$min": "$t"},
            "last": {"$max": "$t"},
        }},
    ]
}

/// Per event and property: the types seen, how many events carry it, the most frequent scalars.
fn properties_pipeline(project: ProjectId) -> Vec<Document> {
    let is = |types: &[&str]| doc! {"$in": [{"$type": "$kv.v"}, types]};
    // Types are numbered as `TYPES`, which is also the order of ties.
    let kind = doc! {"$switch": {
        "branches": [
            {"case": is(&["string"]), "then": 0},
            {"case": is(&["int", "long", "double"]), "then": 1},
            {"case": is(&["bool"]), "then": 2},
            {"case": is(&["array"]), "then": 3},
        ],
        "default": 4,
    }};
    // Lists and objects are counted, not told apart.
    let value = doc! {"$cond": [{"$in": [{"$type": "$kv.v"}, ["array", "object"]]}, null, "$kv.v"]};
    let most_frequent = doc! {"$topN": {
        "n": VALUES_SHOWN,
        "sortBy": {"scalar": -1, "n": -1, "_id.kind": 1, "_id.v": 1},
        "output": {"kind": "$_id.kind", "v": "$_id.v", "n": "$n"},
    }};
    vec![
        doc! {"$match": {"p": project_id(project)}},
        doc! {"$project": {"_id": 0, "e": 1, "kv": {"$objectToArray": "$props"}}},
        doc! {"$unwind": "$kv"},
        doc! {"$match": {"kv.v": {"$ne": null}}},
        doc! {"$group": {
            "_id": {"e": "$e", "k": "$kv.k", "kind": kind, "v": value},
            "n": {"$sum": 1_i64},
        }},
        doc! {"$addFields": {"scalar": {"$lte": ["$_id.kind", 2]}}},
        doc! {"$group": {
            "_id": {"e": "$_id.e", "k": "$_id.k"},
            "kinds": {"$addToSet": "$_id.kind"},
            "n": {"$sum": "$n"},
            "top": most_frequent,
        }},
    ]
}

fn read_event(row: &RawDocument) -> Option<EventSchema> {
    let millis = |field| Some(row.get_datetime(field).ok()?.timestamp_millis());
    Some(EventSchema {
        name: row.get_str("_id").ok()?.to_owned(),
        count: u64::try_from(row.get_i64("n").ok()?).ok()?,
        first_seen: millis("first")?,
        last_seen: millis("last")?,
        properties: Vec::new(),
    })
}

fn read_property(row: &RawDocument) -> Option<(String, PropertySchema)> {
    let id = row.get_document("_id").ok()?;
    let list = |field| Some(row.get_array(field).ok()?.into_iter().flatten());
    let kinds: BTreeSet<i32> = list("kinds")?.filter_map(|kind| kind.as_i32()).collect();
    let is_seen = |kind: &usize| kinds.iter().any(|seen| usize::try_from(*seen) == Ok(*kind));
    let top = list("top")?.filter_map(|top| value_count(top.as_document()?));
    let property = PropertySchema {
        name: unescaped(id.get_str("k").ok()?),
        types: (0..TYPES.len())
            .filter(is_seen)
            .map(|kind| TYPES[kind].to_owned())
            .collect(),
        count: u64::try_from(row.get_i64("n").ok()?).ok()?,
        top_values: top.collect(),
    };
    Some((id.get_str("e").ok()?.to_owned(), property))
}

fn value_count(top: &RawDocument) -> Option<ValueCount> {
    let is_scalar = top.get_i32("kind").ok()? < 3;
    let count = u64::try_from(top.get_i64("n").ok()?).ok()?;
    let value = top.get("v").ok()?.map(values::json)?;
    is_scalar.then_some(ValueCount { value, count })
}
