//! Names and values that are hard to store.

use empmix_query::report::{Condition, Filter, Operator, PropertyRef};
use serde_json::{Value, json};

use super::{
    Harness,
    fixtures::{Fixture, NOON, event_with},
};
use crate::ItemOutcome::{Redelivered, Stored};

/// Names that mean something to a database, a language or a path.
const NAMES: [&str; 21] = [
    "$where",
    "$gt",
    "$set",
    "$",
    "a.b",
    ".",
    "..",
    "a.",
    ".a",
    "",
    " ",
    "__proto__",
    "constructor",
    "_id",
    "%24gt",
    "%",
    "é漢字🦀",
    "a\u{0}b",
    "'; DROP TABLE projects; --",
    "properties",
    "x:s",
];

fn hard_properties() -> Value {
    let mut properties: serde_json::Map<String, Value> = (0..)
        .zip(NAMES)
        .map(|(n, name)| (name.to_owned(), json!(n)))
        .collect();
    properties.insert(
        "deep".into(),
        json!({"$gt": {"a.b": [{"": [null, true, {"$": 1}]}]}}),
    );
    properties.insert("list".into(), json!([1, "1", true, null, [], {}]));
    properties.insert(
        "text".into(),
        json!("nul \u{0} end, 🦀, \"quoted\", $where, 'x'"),
    );
    properties.insert("long".into(), json!("ä".repeat(4096)));
    properties.insert("null".into(), Value::Null);
    properties.insert("no".into(), json!(false));
    properties.insert("fraction".into(), json!(-0.1));
    properties.insert("large".into(), json!(1e300));
    properties.insert("small".into(), json!(5e-324));
    properties.insert("whole".into(), json!(9_007_199_254_740_991_i64));
    properties.insert("negative".into(), json!(-42));
    properties.insert("object".into(), json!({}));
    properties.insert("floats".into(), floats());
    Value::Object(properties)
}

/// Numbers of every size with every digit that f64 has: a reader of JSON that is not exact gets
/// some of them wrong.
fn floats() -> Value {
    let bits = (1..500_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let numbers = bits.map(f64::from_bits).filter(|number| number.is_finite());
    numbers.map(Value::from).collect()
}

/// Whether two values are equal when numbers are read as 64-bit floats.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, value)| b.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => a == b,
    }
}

/// Every name and value comes back as it was written, also after a reopening, and a copy that was
/// written again is known as equal.
pub async fn hard_names_and_values_come_back(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let hard = || event_with("i1", "é🦀 $where", NOON, hard_properties());
    assert_eq!(fixture.write_events(1, vec![hard()]).await, [Stored]);
    let stored = Value::Object(fixture.events().await.remove(0).properties);
    assert!(equal(&stored, &hard_properties()), "{stored}");
    let fixture = fixture.reopen(harness).await;
    let event = fixture.events().await.remove(0);
    assert_eq!(event.distinct_id, "é🦀 $where");
    let stored = Value::Object(event.properties);
    assert!(equal(&stored, &hard_properties()), "{stored}");
    assert_eq!(fixture.write_events(1, vec![hard()]).await, [Redelivered]);
    let schema = fixture.store.schema(fixture.project).await.unwrap();
    for name in NAMES {
        let known = schema[0].properties.iter().any(|known| known.name == name);
        assert!(known, "{name:?}");
    }
}

/// A filter finds each name as a whole key.
pub async fn hard_names_can_be_asked_for(harness: &impl Harness) {
    let fixture = Fixture::new(harness).await;
    let hard = event_with("i1", "ann", NOON, hard_properties());
    let plain = event_with("i2", "bob", NOON, json!({"plain": 1}));
    fixture.write_events(1, vec![hard, plain]).await;
    for (n, name) in (0..).zip(NAMES) {
        let is = |value: i64| {
            Filter::Condition(Condition {
                property: PropertyRef {
                    property: name.into(),
                    cast: None,
                },
                op: Operator::Is,
                values: vec![json!(value)],
            })
        };
        assert_eq!(fixture.totals(Some(is(n))).await, (1.0, 1.0), "{name:?}");
        assert_eq!(
            fixture.totals(Some(is(n + 100))).await,
            (0.0, 0.0),
            "{name:?}"
        );
    }
}
