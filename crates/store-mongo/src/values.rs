//! JSON values as BSON and back.
//!
//! Numbers are f64 from ingest on. Whole numbers that f64 holds exactly are kept as 64-bit
//! integers, so that 5 reads back as 5 and 5.0 as 5.0; everything else is a double, and −0 is 0.

use empmix_model::Properties;
use mongodb::bson::{Bson, RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf};
use serde_json::{Map, Number, Value};

use super::names::{escaped, unescaped};

/// Objects and lists may be nested so deep; MongoDB itself stops at 100.
const DEEPEST: usize = 90;
/// The whole numbers that f64 tells apart.
const EXACT: u64 = 1 << 53;

/// Properties as a document with escaped names; `None` when they are nested too deep to store.
pub(super) fn document(properties: &Properties) -> Option<RawDocumentBuf> {
    object(properties, DEEPEST)
}

/// The properties that a document holds; `None` when it holds what [`document`] never writes.
pub(super) fn properties(document: &RawDocument) -> Option<Properties> {
    let entries = document.iter();
    entries
        .map(|entry| {
            let (field, value) = entry.ok()?;
            Some((unescaped(field), json(value)?))
        })
        .collect()
}

/// A scalar as a literal of a pipeline; a report has no lists or objects as literals.
pub(super) fn scalar(value: &Value) -> Bson {
    match value {
        Value::Bool(flag) => Bson::Boolean(*flag),
        Value::Number(number) => Bson::Double(float(number)),
        Value::String(text) => Bson::String(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => Bson::Null,
    }
}

fn object(map: &Map<String, Value>, depth: usize) -> Option<RawDocumentBuf> {
    let depth = depth.checked_sub(1)?;
    let mut document = RawDocumentBuf::new();
    for (name, value) in map {
        document.append(escaped(name), raw(value, depth)?);
    }
    Some(document)
}

fn raw(value: &Value, depth: usize) -> Option<RawBson> {
    Some(match value {
        Value::Null => RawBson::Null,
        Value::Bool(flag) => RawBson::Boolean(*flag),
        Value::Number(number) => {
            exact(number).map_or_else(|| RawBson::Double(float(number)), RawBson::Int64)
        }
        Value::String(text) => RawBson::String(text.clone()),
        Value::Array(items) => {
            let depth = depth.checked_sub(1)?;
            let mut array = RawArrayBuf::new();
            for item in items {
                array.push(raw(item, depth)?);
            }
            RawBson::Array(array)
        }
        Value::Object(map) => RawBson::Document(object(map, depth)?),
    })
}

/// The number as an integer, if it was written as one and f64 holds it.
fn exact(number: &Number) -> Option<i64> {
    number
        .as_i64()
        .filter(|whole| whole.unsigned_abs() <= EXACT)
}

fn float(number: &Number) -> f64 {
    // Adding zero turns −0 into 0 and changes nothing else.
    number.as_f64().unwrap_or_default() + 0.0
}

fn json(value: RawBsonRef<'_>) -> Option<Value> {
    Some(match value {
        RawBsonRef::Null => Value::Null,
        RawBsonRef::Boolean(flag) => Value::Bool(flag),
        RawBsonRef::Int32(whole) => whole.into(),
        RawBsonRef::Int64(whole) => whole.into(),
        RawBsonRef::Double(float) => Value::Number(Number::from_f64(float)?),
        RawBsonRef::String(text) => Value::String(text.to_owned()),
        RawBsonRef::Array(items) => {
            let items = items.into_iter().map(|item| json(item.ok()?));
            Value::Array(items.collect::<Option<_>>()?)
        }
        RawBsonRef::Document(document) => Value::Object(properties(document)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_survive() {
        let Value::Object(given) = json!({
            "a.b": {"$gt": [1, 2.5, "x", null, {"": true}]}, "$where": -7, "": 5.0,
            "big": 9_007_199_254_740_992_u64, "nul": "a\0b",
        }) else {
            unreachable!()
        };
        assert_eq!(properties(&document(&given).unwrap()), Some(given));
    }

    #[test]
    fn numbers_are_f64() {
        let Value::Object(given) = json!({"zero": -0.0, "beyond": 9_007_199_254_740_993_u64})
        else {
            unreachable!()
        };
        let stored = document(&given).unwrap();
        assert!(stored.get_f64("zero").unwrap().is_sign_positive());
        assert_eq!(stored.get_f64("beyond"), Ok(9_007_199_254_740_992.0));
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        let with = |value| Properties::from_iter([("a".to_owned(), value)]);
        assert!(document(&with(nested(80))).is_some());
        assert!(document(&with(nested(101))).is_none());
    }
}
