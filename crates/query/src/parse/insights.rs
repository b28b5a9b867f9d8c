//! Parses insights reports.

use std::collections::HashSet;

use empmix_model::limits;

use super::{
    filter::{filter, property},
    node::{Node, Object},
    range,
};
use crate::{
    InvalidQuery,
    report::{
        Breakdown, DEFAULT_LIMIT, EventSelector, Insights, MAX_LIMIT, MAX_SERIES, Measure, Series,
    },
};

/// Event names of one series.
const MAX_NAMES: usize = 1000;

pub(super) const UNSUPPORTED_MEASURES: &[&str] = &[
    "sessions",
    "dau",
    "wau",
    "mau",
    "min",
    "max",
    "median",
    "p75",
    "p90",
    "p95",
    "p99",
    "distinct",
    "per_user",
    "first_time",
];

pub(super) fn read(object: &Object<'_>) -> Result<Insights, InvalidQuery> {
    object.only(
        &[
            "kind",
            "range",
            "granularity",
            "series",
            "filter",
            "breakdown",
            "limit",
            "now",
        ],
        &["formulas", "compare", "rolling", "cumulative"],
    )?;
    Ok(Insights {
        range: range::range(&object.required("range")?)?,
        granularity: range::granularity(object)?,
        series: all_series(&object.required("series")?)?,
        filter: filter(object)?,
        breakdown: breakdowns(object)?,
        limit: limit(object)?,
        now: range::now(object)?,
    })
}

fn limit(object: &Object<'_>) -> Result<usize, InvalidQuery> {
    let Some(node) = object.optional("limit") else {
        return Ok(DEFAULT_LIMIT);
    };
    let limit = node.integer(1, i64::try_from(MAX_LIMIT).unwrap_or(i64::MAX))?;
    usize::try_from(limit).map_err(|error| node.error(error.to_string()))
}

fn all_series(node: &Node<'_>) -> Result<Vec<Series>, InvalidQuery> {
    let items = node.items(MAX_SERIES)?;
    if items.is_empty() {
        return Err(node.error("At least one series is required."));
    }
    let mut ids = HashSet::new();
    let one = |item| {
        let object = Node::object(item)?;
        let series = series(&object)?;
        if !ids.insert(series.id.clone()) {
            let node = object.required("id")?;
            return Err(node.error("Another series has this id."));
        }
        Ok(series)
    };
    items.iter().map(one).collect()
}

fn series(object: &Object<'_>) -> Result<Series, InvalidQuery> {
    object.only(&["id", "event", "filter", "measure"], &[])?;
    let event = object.nullable("event");
    Ok(Series {
        id: object.required("id")?.name(limits::NAME_BYTES)?,
        event: event_selector(&event.ok_or_else(|| object.missing("event"))?)?,
        filter: filter(object)?,
        measure: match object.optional("measure") {
            Some(node) => measure(&node)?,
            None => Measure::Total,
        },
    })
}

fn event_selector(node: &Node<'_>) -> Result<EventSelector, InvalidQuery> {
    if node.value().is_null() {
        return Ok(EventSelector::All);
    }
    if node.value().is_array() {
        let names = node.items(MAX_NAMES)?;
        if names.is_empty() {
            return Err(node.error("At least one event is required."));
        }
        let name = |node: &Node<'_>| node.name(limits::NAME_BYTES);
        let names: Result<_, _> = names.iter().map(name).collect();
        return names.map(EventSelector::AnyOf);
    }
    if !node.value().is_string() {
        return Err(node.error("An event's name, a list of names, or null is expected."));
    }
    node.name(limits::NAME_BYTES).map(EventSelector::Named)
}

fn measure(node: &Node<'_>) -> Result<Measure, InvalidQuery> {
    let object = node.object()?;
    let kind = object.required("type")?;
    let name = kind.text()?;
    if UNSUPPORTED_MEASURES.contains(&name) {
        return Err(kind.unsupported(name));
    }
    match name {
        "total" | "unique" => object.only(&["type"], &[])?,
        // The query language defines `of`; `property` refuses the values that are not supported yet.
        "sum" | "avg" => object.only(&["type", "property", "as", "of"], &[])?,
        _ => {}
    }
    match name {
        "total" => Ok(Measure::Total),
        "unique" => Ok(Measure::Unique),
        "sum" => property(&object).map(Measure::Sum),
        "avg" => property(&object).map(Measure::Avg),
        _ => Err(kind.error("One of `total`, `unique`, `sum`, `avg` is expected.")),
    }
}

fn breakdowns(object: &Object<'_>) -> Result<Vec<Breakdown>, InvalidQuery> {
    let Some(node) = object.optional("breakdown") else {
        return Ok(Vec::new());
    };
    let items = node.items(3)?;
    if let Some(second) = items.get(1) {
        return Err(second.unsupported("a second breakdown"));
    }
    items.iter().map(breakdown).collect()
}

fn breakdown(node: &Node<'_>) -> Result<Breakdown, InvalidQuery> {
    let object = node.object()?;
    object.only(&["property", "of", "as"], &["cohorts", "buckets"])?;
    property(&object).map(|property| Breakdown { property })
}
