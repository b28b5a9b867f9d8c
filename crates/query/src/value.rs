//! Values: the rules that both engines share.
//!
//! A value is a string, a number (f64, −0 is 0), a boolean, a list, an object, or missing; `null`
//! is missing. There are no implicit casts: 5 and "5" are different values.
//!
//! **Names.** A reserved name ([`Reserved`]) is a field of the event itself, even if the event has a
//! property of that name. Any other name is looked up as a whole top-level key first. If the row has
//! no such key (or `null`), the name is a path and each dot descends one level (`a.b.c` is `c` in
//! `b` in `a`). If a path reaches a list, the rest of the path is applied to each item that is an
//! object, and the value is the list of the results: an empty list if there are none, and a list of
//! lists if the rest of the path reaches another list.
//!
//! **`"as":"number"`.** A number stays. A string that is exactly a JSON number (without spaces,
//! finite) becomes that number. A list becomes the list of its converted items, without the items
//! that cannot be converted. Everything else, including booleans, is missing.

use std::{
    borrow::Cow,
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use empmix_model::{Properties, stored::StoredEvent};
use serde_json::Value;

use crate::report::Cast;

/// A value that segments and `is` compare, by type and content.
///
/// The order is the one of segments: strings (by their UTF-8 bytes), numbers, booleans (false
/// first).
#[derive(Debug, Clone)]
pub enum Scalar {
    /// A string.
    Text(String),
    /// A finite number, never −0.
    Number(f64),
    /// A boolean.
    Boolean(bool),
}

impl Scalar {
    /// The value as a scalar; `None` for lists, objects and `null`.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Number(_) => number(value).map(Self::Number),
            Value::Bool(flag) => Some(Self::Boolean(*flag)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Whether a value has the type and content of this scalar.
    pub fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(text), Value::String(other)) => text == other,
            (Self::Number(number), Value::Number(other)) => other.as_f64() == Some(*number),
            (Self::Boolean(flag), Value::Bool(other)) => flag == other,
            _ => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::Number(_) => 1,
            Self::Boolean(_) => 2,
        }
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Text(text) => text.hash(state),
            Self::Number(number) => number.to_bits().hash(state),
            Self::Boolean(flag) => flag.hash(state),
        }
    }
}

/// The value as a number, with −0 as 0; `None` for every other type.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64().map(positive_zero),
        _ => None,
    }
}

/// The number, with −0 as 0.
pub fn positive_zero(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

/// Applies a report's cast to a value, if there is one.
pub fn read<'a>(value: Cow<'a, Value>, cast: Option<Cast>) -> Option<Cow<'a, Value>> {
    match cast {
        None => Some(value),
        Some(Cast::Number) => as_number(&value).map(Cow::Owned),
    }
}

/// Applies the cast `"as":"number"` to a value.
pub fn as_number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => parse_number(text).map(Value::from),
        Value::Array(items) => Some(items.iter().filter_map(as_number).collect()),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

/// Parses a text by JSON's grammar for numbers, without spaces; `None` if the number is not finite.
pub fn parse_number(text: &str) -> Option<f64> {
    if !is_json_number(text.as_bytes()) {
        return None;
    }
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .map(positive_zero)
}

/// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`
fn is_json_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let Some(rest) = digits(text) else {
        return false;
    };
    if text.len() - rest.len() > 1 && text[0] == b'0' {
        return false;
    }
    let rest = match rest.strip_prefix(b".") {
        None => rest,
        Some(fraction) => match digits(fraction) {
            None => return false,
            Some(rest) => rest,
        },
    };
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            digits(exponent) == Some(&[])
        }
        _ => false,
    }
}

/// The text after its leading digits; `None` if it does not begin with a digit.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| &text[count..])
}

/// A field of the event itself that a report can use like a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reserved {
    /// `$event`: the event's name, a string.
    Event,
    /// `$distinct_id`: the id that the client sent, a string.
    DistinctId,
    /// `$user_id`: the user that the id currently resolves to, a string.
    UserId,
    /// `$time`: the corrected time, a number of milliseconds.
    Time,
    /// `$session_id`: a string, or missing.
    SessionId,
    /// `$received_at`: a number of milliseconds.
    ReceivedAt,
}

impl Reserved {
    /// The reserved field with this name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "$event" => Self::Event,
            "$distinct_id" => Self::DistinctId,
            "$user_id" => Self::UserId,
            "$time" => Self::Time,
            "$session_id" => Self::SessionId,
            "$received_at" => Self::ReceivedAt,
            _ => return None,
        })
    }
}

/// Splits a name with dots into the top-level key and the rest of the path; `None` for a name
/// without dots. The path applies only to rows that do not have the whole name as a key.
pub fn path(name: &str) -> Option<(&str, Vec<&str>)> {
    let (key, rest) = name.split_once('.')?;
    Some((key, rest.split('.').collect()))
}

/// The value at a path inside a value; `None` if it is missing or `null`.
pub fn descend<'a>(value: &'a Value, path: &[&str]) -> Option<Cow<'a, Value>> {
    let Some((key, rest)) = path.split_first() else {
        return (!value.is_null()).then_some(Cow::Borrowed(value));
    };
    match value {
        Value::Object(fields) => descend(fields.get(*key)?, rest),
        Value::Array(items) => {
            let found = items
                .iter()
                .filter(|item| item.is_object())
                .filter_map(|item| descend(item, path))
                .map(Cow::into_owned);
            Some(Cow::Owned(Value::Array(found.collect())))
        }
        _ => None,
    }
}

/// Looks up a name in an event's properties. The caller handles reserved names.
pub fn property<'a>(properties: &'a Properties, name: &str) -> Option<Cow<'a, Value>> {
    if let Some(value) = properties.get(name).filter(|value| !value.is_null()) {
        return Some(Cow::Borrowed(value));
    }
    let (key, rest) = path(name)?;
    descend(properties.get(key)?, &rest)
}

/// A row in which names can be looked up.
pub trait Row {
    /// The value of a name, reserved or not; `None` when missing.
    fn value(&self, name: &str) -> Option<Cow<'_, Value>>;
}

impl Row for StoredEvent {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        let Some(reserved) = Reserved::of(name) else {
            return property(&self.properties, name);
        };
        Some(Cow::Owned(match reserved {
            Reserved::Event => self.event.as_str().into(),
            Reserved::DistinctId => self.distinct_id.as_str().into(),
            Reserved::UserId => self.user_id.as_str().into(),
            Reserved::Time => self.time.into(),
            Reserved::SessionId => self.session_id.as_deref()?.into(),
            Reserved::ReceivedAt => self.received_at.into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(properties: &Value, name: &str, expected: Option<&Value>) {
        let Some(properties) = properties.as_object() else {
            panic!("expected an object")
        };
        assert_eq!(property(properties, name).as_deref(), expected);
    }

    #[test]
    fn a_whole_key_takes_precedence_over_a_path() {
        check(&json!({"a.b": 1, "a": {"b": 2}}), "a.b", Some(&json!(1)));
        check(&json!({"a.b": null, "a": {"b": 2}}), "a.b", Some(&json!(2)));
        check(&json!({"a": {"b.c": 1}}), "a.b.c", None);
        check(&json!({"a": {"b": {"c": null}}}), "a.b.c", None);
        check(&json!({"$a": {"b": "x"}}), "$a.b", Some(&json!("x")));
    }

    #[test]
    fn a_path_through_a_list_is_a_list() {
        let items = json!({"items": [{"price": 1}, 7, {"name": "x"}, {"price": [2, 3]}]});
        check(&items, "items.price", Some(&json!([1, [2, 3]])));
        check(&json!({"items": []}), "items.price", Some(&json!([])));
        check(
            &json!({"a": [{"b": [{"c": 1}]}]}),
            "a.b.c",
            Some(&json!([[1]])),
        );
        check(&json!({"a": [[{"b": 1}]]}), "a.b", Some(&json!([])));
        check(&json!({"a": "text"}), "a.b", None);
    }

    #[test]
    fn text_is_a_number_only_by_the_grammar_of_json() {
        for (text, expected) in [
            ("5", Some(5.0)),
            ("-0", Some(0.0)),
            ("1.50", Some(1.5)),
            ("1e3", Some(1000.0)),
            ("1E+3", Some(1000.0)),
            ("1e-3", Some(0.001)),
            ("0.1", Some(0.1)),
            ("1e400", None),
            (" 5", None),
            ("5 ", None),
            ("05", None),
            ("+5", None),
            (".5", None),
            ("5.", None),
            ("0x10", None),
            ("1e", None),
            ("-", None),
            ("", None),
            ("inf", None),
            ("NaN", None),
            ("٣", None),
        ] {
            assert_eq!(parse_number(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_list_is_cast_item_by_item() {
        let list = json!(["5", 6, true, "x", null, {"a": 1}]);
        assert_eq!(as_number(&list), Some(json!([5.0, 6])));
        assert_eq!(as_number(&json!(true)), None);
    }

    #[test]
    fn minus_zero_equals_zero_and_types_differ() {
        assert_eq!(Scalar::of(&json!(-0.0)), Scalar::of(&json!(0)));
        assert_eq!(Scalar::of(&json!(5.0)), Scalar::of(&json!(5)));
        assert_ne!(Scalar::of(&json!("5")), Scalar::of(&json!(5)));
        assert!(Scalar::Number(0.0).equals(&json!(-0.0)));
    }

    #[test]
    fn scalars_are_ordered_strings_numbers_booleans() {
        let mut scalars: Vec<_> = [
            json!(true),
            json!(2),
            json!("b"),
            json!(-1),
            json!("B"),
            json!(false),
        ]
        .iter()
        .filter_map(Scalar::of)
        .collect();
        scalars.sort();
        let expected: Vec<_> = [
            json!("B"),
            json!("b"),
            json!(-1),
            json!(2),
            json!(false),
            json!(true),
        ]
        .iter()
        .filter_map(Scalar::of)
        .collect();
        assert_eq!(scalars, expected);
    }
}
