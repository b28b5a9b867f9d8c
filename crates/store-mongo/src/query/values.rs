//! Values that a report names, as expressions.
//!
//! Names are field paths only after they were escaped, so no name can be an operator, a variable
//! or a longer path than it says. Values are literals.

use std::collections::BTreeMap;

use empmix_query::{
    report::{Cast, PropertyRef},
    value::{Reserved, path},
};
use mongodb::bson::{Bson, Document, bson, doc};

use crate::names::escaped;

/// No document is nested deeper, so no longer path finds anything.
const DEEPEST: usize = 90;
/// A JSON number, and nothing before or after it.
const JSON_NUMBER: &str = r"\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\z";

/// A JSON number that, if not even a decimal holds it, is nearly 0.
const BEYOND_DECIMAL: &str = r"\A-?(?:0\.[0-9]+|[0-9.]+[eE]-[0-9]+)\z";
/// 2^1074, to the digits of a decimal.
const ONE_BY_SMALLEST: &str = "2.024022533073106183524953467189173E+323";

/// The values that a pipeline works out once per event, before anything else. A plain path needs no
/// working out: without any, the server can filter and group as it reads.
pub(super) struct ValueSet<'a> {
    user: &'a Bson,
    values: Vec<(PropertyRef, Bson)>,
}

impl<'a> ValueSet<'a> {
    /// `user` is the expression of the user.
    pub(super) fn new(user: &'a Bson) -> Self {
        Self {
            user,
            values: Vec::new(),
        }
    }

    /// The path that holds a property's value after [`Self::fields`].
    pub(super) fn field(&mut self, property: &PropertyRef) -> String {
        let value = match value(property, self.user) {
            Bson::String(path) => return path,
            value => value,
        };
        let known = self.values.iter().position(|(taken, _)| taken == property);
        let at = known.unwrap_or_else(|| {
            self.values.push((property.clone(), value));
            self.values.len() - 1
        });
        format!("$v{at}")
    }

    /// The fields of an `$addFields` that works them out; `None` when there are none.
    pub(super) fn fields(self) -> Option<Document> {
        let named = self.values.into_iter().enumerate();
        let fields: Document = named
            .map(|(at, (_, value))| (format!("v{at}"), value))
            .collect();
        (!fields.is_empty()).then_some(fields)
    }
}

/// The user that an event is of: as stamped, except where the stamp may be outdated.
pub(super) fn user(unstamped: &BTreeMap<String, String>) -> Bson {
    if unstamped.is_empty() {
        return "$u".into();
    }
    let ids: Vec<_> = unstamped.keys().cloned().collect();
    let users: Vec<_> = unstamped.values().cloned().collect();
    bson!({"$let": {
        "vars": {"at": {"$indexOfArray": [{"$literal": ids}, "$d"]}},
        "in": {"$cond": [
            {"$lt": ["$$at", 0]},
            "$u",
            {"$arrayElemAt": [{"$literal": users}, "$$at"]},
        ]},
    }})
}

/// What a property's value is read as; null or missing where there is none.
fn value(property: &PropertyRef, user: &Bson) -> Bson {
    let stored = stored(&property.property, user);
    match property.cast {
        None => stored,
        Some(Cast::Number) => bson!({"$let": {
            "vars": {"v": stored},
            "in": {"$cond": [
                {"$isArray": ["$$v"]},
                {"$filter": {
                    "input": {"$map": {"input": "$$v", "as": "x", "in": number("$$x")}},
                    "as": "n",
                    "cond": {"$isNumber": "$$n"},
                }},
                number("$$v"),
            ]},
        }}),
    }
}

fn stored(name: &str, user: &Bson) -> Bson {
    match Reserved::of(name) {
        Some(Reserved::Event) => "$e".into(),
        Some(Reserved::DistinctId) => "$d".into(),
        Some(Reserved::UserId) => user.clone(),
        Some(Reserved::SessionId) => "$s".into(),
        Some(Reserved::Time) => bson!({"$toDouble": {"$toLong": "$t"}}),
        Some(Reserved::ReceivedAt) => bson!({"$toDouble": {"$toLong": "$r"}}),
        None => property(name),
    }
}

/// The whole name as a key, else what its dots descend to.
fn property(name: &str) -> Bson {
    let whole = format!("$props.{}", escaped(name));
    let descended = path(name).filter(|(_, rest)| rest.len() < DEEPEST);
    let Some((key, rest)) = descended else {
        return whole.into();
    };
    let keys = std::iter::once(key).chain(rest).map(escaped);
    let path = keys.fold("$props".to_owned(), |path, key| format!("{path}.{key}"));
    bson!({"$ifNull": [whole, path]})
}

/// A scalar as a number: numbers, and text that is exactly a JSON number; else null.
fn number(scalar: &str) -> Document {
    let is_number = doc! {"$regexMatch": {"input": scalar, "regex": JSON_NUMBER}};
    let converted = doc! {"$convert": {
        "input": scalar, "to": "double", "onError": tiny(scalar), "onNull": null,
    }};
    doc! {"$switch": {
        "branches": [
            {"case": {"$isNumber": scalar}, "then": scalar},
            {"case": {"$cond": [is_text(scalar), is_number, false]}, "then": converted},
        ],
        "default": null,
    }}
}

/// A JSON number that MongoDB does not read as a double: one that is nearer to 0 than a normal
/// double can be, or else too large, which is null. The tiny ones are whole multiples of the
/// smallest double; decimals, which MongoDB reads, tell which.
fn tiny(text: &str) -> Document {
    let smallest = f64::from_bits(1);
    let one_by_smallest: Bson = ONE_BY_SMALLEST.parse().map_or(Bson::Null, Bson::Decimal128);
    let multiple = doc! {"$round": [{"$multiply": ["$$d", {"$literal": one_by_smallest}]}, 0]};
    let is_tiny = doc! {"$regexMatch": {"input": text, "regex": BEYOND_DECIMAL}};
    doc! {"$let": {
        "vars": {"d": {"$convert": {"input": text, "to": "decimal", "onError": null}}},
        "in": {"$switch": {
            "branches": [
                {"case": {"$eq": ["$$d", null]}, "then": {"$cond": [is_tiny, 0.0, null]}},
                {
                    "case": {"$lt": [{"$abs": "$$d"}, 1]},
                    "then": {"$multiply": [{"$toDouble": multiple}, {"$literal": smallest}]},
                },
            ],
            "default": null,
        }},
    }}
}

/// Whether an expression is a string.
pub(super) fn is_text(expression: &str) -> Document {
    doc! {"$eq": [{"$type": expression}, "string"]}
}
