//! Checks names, ids and properties, and enforces their limits.

use std::borrow::Cow;

use empmix_model::{Properties, limits};
use serde_json::{Map, Value};

use crate::{Refusal, json::normalise};

/// Values that clients send by mistake instead of an id, in lower case.
const PLACEHOLDER_IDS: [&str; 14] = [
    "",
    "null",
    "undefined",
    "anonymous",
    "00000000-0000-0000-0000-000000000000",
    "0",
    "-1",
    "true",
    "false",
    "[object object]",
    "nan",
    "none",
    "nil",
    "n/a",
];

/// Reads a required name.
pub fn required_name(object: &Map<String, Value>, param: &str) -> Result<String, Refusal> {
    optional_text(object, param, limits::NAME_BYTES)?.ok_or_else(|| Refusal::required(param))
}

/// Reads a required id of a user.
pub fn required_id(object: &Map<String, Value>, param: &str) -> Result<String, Refusal> {
    optional_id(object, param)?.ok_or_else(|| Refusal::required(param))
}

/// Reads an optional id of a user. Placeholder ids are refused.
pub fn optional_id(object: &Map<String, Value>, param: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = object.get(param).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    person_id(value, param).map(Some)
}

/// Checks that a value is the id of a user.
pub fn person_id(value: &Value, param: &str) -> Result<String, Refusal> {
    if let Value::String(id) = value
        && PLACEHOLDER_IDS.contains(&id.trim().to_lowercase().as_str())
    {
        return Err(Refusal::invalid(
            param,
            format!(
                "The '{param}' parameter '{id}' is a placeholder id and is not accepted; send the id of a user or a device."
            ),
        ));
    }
    text(value, param, limits::ID_BYTES)
}

/// Reads an optional text of at most `max_bytes`; `null` counts as absent.
pub fn optional_text(
    object: &Map<String, Value>,
    param: &str,
    max_bytes: usize,
) -> Result<Option<String>, Refusal> {
    let Some(value) = object.get(param).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    text(value, param, max_bytes).map(Some)
}

fn text(value: &Value, param: &str, max_bytes: usize) -> Result<String, Refusal> {
    let Value::String(text) = value else {
        return Err(Refusal::invalid(
            param,
            format!("The '{param}' parameter must be a string."),
        ));
    };
    if text.is_empty() || text.len() > max_bytes {
        return Err(Refusal::invalid(
            param,
            format!("The '{param}' parameter must have 1 to {max_bytes} bytes."),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            param,
            format!("The '{param}' parameter must not contain control characters."),
        ));
    }
    Ok(text.clone())
}

/// Properties in the form in which they are stored, and the alterations made to them.
#[derive(Debug, Default, PartialEq)]
pub struct CheckedProperties {
    /// The properties.
    pub properties: Properties,
    /// Names of the properties whose strings were cut.
    pub cut: Vec<String>,
    /// Names of the properties in which a number is stored as text.
    pub as_text: Vec<String>,
}

/// A map as it was sent: an object, or the empty list that PHP sends for an empty map. `None` where it
/// is absent or `null`.
pub fn map<'v>(
    value: Option<&'v Value>,
    param: &str,
) -> Result<Option<Cow<'v, Map<String, Value>>>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(Cow::Borrowed(object))),
        Some(Value::Array(items)) if items.is_empty() => Ok(Some(Cow::Owned(Map::new()))),
        Some(_) => Err(Refusal::invalid(
            param,
            format!("The '{param}' parameter must be an object."),
        )),
    }
}

/// Checks an object of properties; absent and `null` count as empty. `mark` is that of the object that
/// holds them.
pub fn properties(
    value: Option<&Value>,
    param: &str,
    mark: Option<&str>,
) -> Result<CheckedProperties, Refusal> {
    let Some(object) = map(value, param)? else {
        return Ok(CheckedProperties::default());
    };
    if object.len() > limits::PROPERTIES {
        let message = format!(
            "The '{param}' parameter has more than {} properties.",
            limits::PROPERTIES
        );
        return Err(Refusal::invalid(param, message));
    }
    let mut checked = CheckedProperties::default();
    for (name, value) in object.as_ref() {
        checked.add(name, value, param, mark)?;
    }
    Ok(checked)
}

impl CheckedProperties {
    fn add(
        &mut self,
        name: &str,
        value: &Value,
        param: &str,
        mark: Option<&str>,
    ) -> Result<(), Refusal> {
        if name.is_empty() || name.len() > limits::NAME_BYTES {
            let message = format!(
                "A name in '{param}' must have 1 to {} bytes.",
                limits::NAME_BYTES
            );
            return Err(Refusal::invalid(param, message));
        }
        if depth(value) > limits::NESTING {
            let message = format!(
                "The property '{name}' is nested deeper than {} levels.",
                limits::NESTING
            );
            return Err(Refusal::invalid(format!("{param}.{name}"), message));
        }
        let mut became_text = false;
        let mut value = normalise(value.clone(), mark, &mut became_text);
        if cut_strings(&mut value) {
            self.cut.push(name.to_owned());
        }
        if became_text {
            self.as_text.push(name.to_owned());
        }
        self.properties.insert(name.to_owned(), value);
        Ok(())
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn cut_strings(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.len() > limits::STRING_BYTES => {
            let kept = cut(text, limits::STRING_BYTES).len();
            text.truncate(kept);
            true
        }
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |any, item| cut_strings(item) | any),
        Value::Object(object) => object
            .values_mut()
            .fold(false, |any, item| cut_strings(item) | any),
        _ => false,
    }
}

/// The longest prefix of `text` of at most `max_bytes` that ends at a character boundary.
pub fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(value: Value) -> Result<Option<String>, Refusal> {
        optional_id(
            json!({"distinct_id": value}).as_object().unwrap(),
            "distinct_id",
        )
    }

    #[test]
    fn placeholder_ids_are_refused() {
        for placeholder in [
            "",
            " NULL ",
            "Undefined",
            "[object Object]",
            "NaN",
            "0",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(id(json!(placeholder)).is_err(), "{placeholder}");
        }
        assert_eq!(id(json!("00")), Ok(Some("00".into())));
        assert_eq!(id(Value::Null), Ok(None));
    }

    #[test]
    fn ids_are_strings_without_control_characters_of_limited_length() {
        assert_eq!(
            id(json!(5)).unwrap_err().message,
            "The 'distinct_id' parameter must be a string."
        );
        assert!(id(json!("a\u{1f}b")).is_err());
        assert!(id(json!("x".repeat(512))).is_ok());
        assert!(id(json!("x".repeat(513))).is_err());
    }

    #[test]
    fn properties_have_limits() {
        let check = |value: Value| properties(Some(&value), "properties", None);
        assert!(check(json!({"a": [[[["deep"]]]]})).is_ok());
        assert!(check(json!({"a": [[[[["deeper"]]]]]})).is_err());
        assert!(check(json!({"": 1})).is_err());
        assert!(check(json!({"é".repeat(127): 1})).is_ok());
        assert!(check(json!({"é".repeat(128): 1})).is_err());
        assert!(check(json!([1])).is_err());
        let many: Map<_, _> = (0..256).map(|n| (n.to_string(), json!(n))).collect();
        assert!(check(Value::Object(many)).is_err());
    }

    #[test]
    fn a_long_string_is_cut_at_a_character_boundary_and_recorded() {
        let long = "é".repeat(5000);
        let checked = properties(
            Some(&json!({"note": [long], "b": "short"})),
            "properties",
            None,
        )
        .unwrap();
        assert_eq!(checked.cut, ["note"]);
        assert_eq!(checked.properties["note"][0].as_str().unwrap().len(), 8192);
    }
}
