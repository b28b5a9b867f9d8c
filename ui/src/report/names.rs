//! Names of values: exact, and distinct within the set that is shown together.
//!
//! A number is written with all its digits and without separators, a text as it is. A text is put in
//! quotes, as JSON writes it, where it would read like another value of the set (`5` and `"5"`,
//! *(empty)* and `"(empty)"`), and where a reader could not see it as it is (spaces at its ends,
//! characters without a shape).

use std::collections::HashMap;

use empmix_query::answer::SegmentValue;
use serde_json::Value;

use crate::{text, texts::Key};

/// The names of a set of segments, in their order.
pub fn of_segments<'a>(segments: impl IntoIterator<Item = &'a SegmentValue>) -> Vec<String> {
    distinct(segments.into_iter().map(Named::of_segment).collect())
}

/// The names of a set of JSON values, in their order.
pub fn of_values<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    distinct(values.into_iter().map(Named::of_value).collect())
}

/// The names of values that are shown without the others of their set, in their order: a text that reads
/// like a number, a boolean or one of the console's own words is in quotes.
pub fn alone<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let mut named: Vec<Named<'_>> = values.into_iter().map(Named::of_value).collect();
    let count = named.len();
    let words = [
        Key("report-value-not-set"),
        Key("report-value-others"),
        Key("report-value-empty"),
    ];
    let twins = named.iter().filter_map(|value| match value {
        Named::Text(text) => match text.parse::<Value>() {
            Ok(Value::String(_)) | Err(_) => None,
            Ok(_) => Some(Named::Other((*text).to_owned())),
        },
        Named::Other(_) => None,
    });
    let words = words.map(|word| Named::Other(word.text()));
    let twins: Vec<Named<'_>> = twins.chain(words).collect();
    named.extend(twins);
    let mut names = distinct(named);
    names.truncate(count);
    names
}

/// Names one after the other.
pub(crate) fn list(names: &[String]) -> String {
    names.join(&text!("report-list-separator"))
}

/// A value that needs a name.
enum Named<'a> {
    /// A text, which may be put in quotes.
    Text(&'a str),
    /// What has only one name.
    Other(String),
}

impl<'a> Named<'a> {
    fn of_segment(segment: &'a SegmentValue) -> Self {
        match segment {
            SegmentValue::Text(text) => Self::of_text(text),
            SegmentValue::Number(number) => Self::Other(exact(*number)),
            SegmentValue::Boolean(value) => Self::Other(value.to_string()),
            SegmentValue::NotSet { .. } => Self::Other(text!("report-value-not-set")),
            SegmentValue::Other { .. } => Self::Other(text!("report-value-others")),
        }
    }

    fn of_value(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::of_text(text),
            Value::Number(number) if number.is_f64() => {
                Self::Other(number.as_f64().map_or_else(String::new, exact))
            }
            other => Self::Other(other.to_string()),
        }
    }

    fn of_text(text: &'a str) -> Self {
        match text {
            "" => Self::Other(text!("report-value-empty")),
            text if is_plain(text) => Self::Text(text),
            text => Self::Other(quoted(text)),
        }
    }
}

/// Whether a reader sees the text as it is.
fn is_plain(text: &str) -> bool {
    let has_no_shape = |char: char| {
        char.is_control()
            || (char.is_whitespace() && char != ' ')
            // What Unicode calls ignorable, but for the variants of emojis.
            || matches!(
                char,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                    | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                    | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                    | '\u{e0000}'..='\u{e0fff}'
            )
    };
    text.trim() == text && !text.contains("  ") && !text.contains(has_no_shape)
}

/// The text as JSON writes it, with characters without a shape as escapes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            ' ' => out.push(char),
            _ if is_plain(char.encode_utf8(&mut [0; 4])) => out.push(char),
            _ => out.push_str(&char.escape_unicode().to_string()),
        }
    }
    out.push('"');
    out
}

/// A number with all its digits.
fn exact(number: f64) -> String {
    // Not a number that is 0 in another way.
    if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

/// Puts texts in quotes until no two names are the same. A value that is there twice keeps its name.
fn distinct(values: Vec<Named<'_>>) -> Vec<String> {
    let mut names: Vec<String> = values
        .iter()
        .map(|value| match value {
            Named::Text(text) => (*text).to_owned(),
            Named::Other(name) => name.clone(),
        })
        .collect();
    loop {
        let mut of_name: HashMap<&str, (usize, usize)> = HashMap::new();
        for (name, value) in names.iter().zip(&values) {
            let (texts, others) = of_name.entry(name).or_default();
            match value {
                Named::Text(text) if *text == name => *texts += 1,
                _ => *others += 1,
            }
        }
        let is_taken = |name: &String| {
            of_name
                .get(name.as_str())
                .is_some_and(|(_, others)| *others > 0)
        };
        let taken: Vec<usize> = names
            .iter()
            .zip(&values)
            .enumerate()
            .filter(|(_, (name, value))| {
                matches!(value, Named::Text(text) if *text == name.as_str()) && is_taken(name)
            })
            .map(|(index, _)| index)
            .collect();
        if taken.is_empty() {
            return names;
        }
        for index in taken {
            names[index] = quoted(&names[index]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(values: &[Value]) -> Vec<String> {
        of_values(values)
    }

    #[test]
    fn a_number_has_all_its_digits() {
        let numbers = [
            1_234_567_890_123_456.0,
            1_234_567_890_123_457.0,
            2026.0,
            1.001,
            1.002,
            -0.5,
            -0.0,
            1e21,
        ];
        let segments = numbers.map(SegmentValue::Number);
        assert_eq!(
            of_segments(&segments),
            [
                "1234567890123456",
                "1234567890123457",
                "2026",
                "1.001",
                "1.002",
                "-0.5",
                "0",
                "1000000000000000000000"
            ]
        );
        assert_eq!(of(&[json!(2026), json!(2026.5)]), ["2026", "2026.5"]);
    }

    #[test]
    fn values_of_different_types_have_different_names() {
        assert_eq!(
            of(&[json!(5), json!("5"), json!(true), json!("true"), json!("6")]),
            ["5", "\"5\"", "true", "\"true\"", "6"]
        );
        let segments = [
            SegmentValue::NotSet { not_set: true },
            SegmentValue::Text("(not set)".to_owned()),
            SegmentValue::Text(String::new()),
            SegmentValue::Text("(empty)".to_owned()),
            SegmentValue::Other { other: true },
            SegmentValue::Text("All others".to_owned()),
        ];
        assert_eq!(
            of_segments(&segments),
            [
                "(not set)",
                "\"(not set)\"",
                "(empty)",
                "\"(empty)\"",
                "All others",
                "\"All others\""
            ]
        );
    }

    #[test]
    fn a_text_in_quotes_differs_from_one_that_is_put_in_quotes() {
        assert_eq!(
            of(&[json!(5), json!("5"), json!("\"5\"")]),
            ["5", "\"5\"", "\"\\\"5\\\"\""]
        );
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(
            of(&[
                json!("a"),
                json!("a "),
                json!("a\nb"),
                json!("a\u{200b}"),
                json!("a  b"),
                json!("a\u{202c}"),
                json!("\u{3164}")
            ]),
            [
                "a",
                "\"a \"",
                "\"a\\u{a}b\"",
                "\"a\\u{200b}\"",
                "\"a  b\"",
                "\"a\\u{202c}\"",
                "\"\\u{3164}\""
            ]
        );
    }

    #[test]
    fn a_value_that_stands_alone_cannot_be_taken_for_another() {
        let values = [
            json!("5"),
            json!(5),
            json!("true"),
            json!(true),
            json!("null"),
            json!("(empty)"),
            json!(""),
            json!("pro"),
            json!("1e3"),
        ];
        let names: Vec<String> = values.iter().flat_map(|value| alone([value])).collect();
        let expected = [
            "\"5\"",
            "5",
            "\"true\"",
            "true",
            "\"null\"",
            "\"(empty)\"",
            "(empty)",
            "pro",
            "\"1e3\"",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn any_set_of_values_has_distinct_names() {
        let texts = [
            "",
            "5",
            "5 ",
            "\"5\"",
            "\\",
            "true",
            "(empty)",
            "\"\\\"5\\\"\"",
            "0",
            "-0",
        ];
        let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
        values.extend([json!(5), json!(true), json!(0)]);
        let names = of(&values);
        let different: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(different.len(), values.len(), "{names:?}");
    }
}
