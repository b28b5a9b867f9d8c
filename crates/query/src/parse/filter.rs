//! Parses filters, and the properties in filters, measures and breakdowns.

use super::node::{Node, Object};
use crate::{
    InvalidQuery,
    report::{Condition, Filter, Operator, OperatorValues, PropertyRef},
};

/// The maximum nesting of `and` and `or`.
const MAX_FILTER_DEPTH: usize = 16;
/// Parts of one `and` or `or`.
const MAX_PARTS: usize = 100;
/// Values of one condition.
const MAX_VALUES: usize = 1000;
/// Bytes of a property's name, including all levels of a path.
const MAX_PROPERTY_BYTES: usize = 1280;

pub(super) const UNSUPPORTED_OPERATORS: &[&str] = &[
    "not_contains",
    "starts_with",
    "ends_with",
    "regex",
    "not_regex",
    "ne",
    "gte",
    "lte",
    "between",
    "not_between",
    "is_true",
    "is_false",
    "before",
    "after",
    "on",
    "within_last",
    "not_within_last",
    "any",
    "all",
    "none",
];

/// Parses the filter of a report or a series.
pub(super) fn filter(object: &Object<'_>) -> Result<Option<Filter>, InvalidQuery> {
    let node = object.optional("filter");
    node.map(|node| nested(&node, MAX_FILTER_DEPTH)).transpose()
}

fn nested(node: &Node<'_>, depth: usize) -> Result<Filter, InvalidQuery> {
    let object = node.object()?;
    if let Some(parts) = object.nullable("and") {
        object.only(&["and"], &[])?;
        return Ok(Filter::And {
            and: self::parts(&parts, depth)?,
        });
    }
    if let Some(parts) = object.nullable("or") {
        object.only(&["or"], &[])?;
        return Ok(Filter::Or {
            or: self::parts(&parts, depth)?,
        });
    }
    if let Some(cohort) = object.nullable("cohort") {
        return Err(cohort.unsupported("cohort"));
    }
    condition(&object).map(Filter::Condition)
}

fn parts(node: &Node<'_>, depth: usize) -> Result<Vec<Filter>, InvalidQuery> {
    let Some(depth) = depth.checked_sub(1) else {
        let message = format!("Filters nest at most {MAX_FILTER_DEPTH} deep.");
        return Err(node.error(message));
    };
    let parts = node.items(MAX_PARTS)?;
    parts.iter().map(|part| nested(part, depth)).collect()
}

fn condition(object: &Object<'_>) -> Result<Condition, InvalidQuery> {
    object.only(&["property", "of", "as", "op", "values"], &["ci"])?;
    let property = property(object)?;
    let op_node = object.required("op")?;
    let name = op_node.text()?;
    if UNSUPPORTED_OPERATORS.contains(&name) {
        return Err(op_node.unsupported(name));
    }
    let op: Operator = op_node.one_of()?;
    let takes_none = op.values() == OperatorValues::None;
    let values = match object.optional("values") {
        Some(values) => values.items(if takes_none { 0 } else { MAX_VALUES })?,
        None if takes_none => Vec::new(),
        None => return Err(object.missing("values")),
    };
    for value in &values {
        check_value(op, value)?;
    }
    Ok(Condition {
        property,
        op,
        values: values.iter().map(|value| value.value().clone()).collect(),
    })
}

fn check_value(op: Operator, node: &Node<'_>) -> Result<(), InvalidQuery> {
    let values = op.values();
    if values.admit(node.value()) {
        return Ok(());
    }
    Err(node.error(match values {
        OperatorValues::None => "No value is expected.",
        OperatorValues::Scalars => "A string, a number or a boolean is expected.",
        OperatorValues::Texts => "A string is expected.",
        OperatorValues::Numbers => "A number is expected.",
    }))
}

/// Parses the fields `property`, `of` and `as` of a filter, a measure or a breakdown.
pub(super) fn property(object: &Object<'_>) -> Result<PropertyRef, InvalidQuery> {
    if let Some(of) = object.optional("of") {
        match of.text()? {
            "event" => {}
            "user" => return Err(of.unsupported("user")),
            _ => return Err(of.error("`event` is expected.")),
        }
    }
    let cast = object.optional("as");
    Ok(PropertyRef {
        property: object.required("property")?.name(MAX_PROPERTY_BYTES)?,
        cast: cast.map(|cast| cast.one_of()).transpose()?,
    })
}
