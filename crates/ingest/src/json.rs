//! Parses JSON and converts its numbers to f64.
//!
//! A number literal outside the range of f64 (`1e400`) is accepted: it is stored as text, and the
//! alteration is recorded. An unpaired surrogate (`"\ud83d"`, which JavaScript produces when it cuts
//! an emoji in two) is accepted too: it becomes U+FFFD, so that one character is lost and not the
//! whole batch. Such a body fails an ordinary parse first; only then is it repaired and parsed
//! again. −0 becomes 0, and an integer beyond 2^53 becomes the nearest f64.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::Refusal;

/// Marks text that was a number literal. It cannot occur in ids and names, which must not contain
/// control characters.
const MARK: &str = "\u{1}number:";
/// f64 represents all integers up to this one exactly.
const EXACT: u64 = 1 << 53;

/// Parses a body that must be a JSON object.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match value(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::body("The body must be a JSON object.")),
    }
}

/// Parses a body that may be any JSON value.
pub fn value(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::body("The body is not UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|error| {
        let repaired = repair(text);
        serde_json::from_str(repaired.as_deref().unwrap_or(text))
            .map_err(|_| Refusal::body(format!("The body is not valid JSON: {error}.")))
    })
}

/// Converts a value to the form in which it is stored. Sets `became_text` if a number became text.
pub(crate) fn normalise(value: Value, became_text: &mut bool) -> Value {
    match value {
        Value::Number(number) => Value::Number(within_f64(&number)),
        Value::String(text) => match text.strip_prefix(MARK) {
            Some(literal) => {
                *became_text = true;
                Value::String(literal.to_owned())
            }
            None => Value::String(text),
        },
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| normalise(item, became_text))
                .collect(),
        ),
        Value::Object(object) => Value::Object(
            object
                .into_iter()
                .map(|(key, value)| (key, normalise(value, became_text)))
                .collect(),
        ),
        other => other,
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "rounding to the nearest f64 is intended"
)]
fn within_f64(number: &Number) -> Number {
    let rounded = match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(n), ..) if n > EXACT => Some(n as f64),
        (None, Some(n), _) if n.unsigned_abs() > EXACT => Some(n as f64),
        (None, None, Some(0.0)) => return Number::from(0),
        _ => None,
    };
    rounded
        .and_then(Number::from_f64)
        .unwrap_or_else(|| number.clone())
}

/// The text with each number literal outside the range of f64 replaced by a marked string, and each
/// unpaired surrogate by U+FFFD; `None` if it contains neither.
fn repair(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut rest, mut found) = (text, false);
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest
                .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
                .unwrap_or(rest.len()),
            _ => next.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let repaired = match next {
            '"' => whole_pairs(token),
            _ if token.parse::<f64>().is_ok_and(f64::is_infinite) => {
                Cow::Owned(format!("\"\\u0001number:{token}\""))
            }
            _ => Cow::Borrowed(token),
        };
        found |= matches!(repaired, Cow::Owned(_));
        out.push_str(&repaired);
        rest = after;
    }
    found.then_some(out)
}

/// Replaces the unpaired surrogates in a string literal.
fn whole_pairs(literal: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut rest, mut kept_from) = (literal, literal);
    while let Some(start) = rest.find('\\') {
        let escape = &rest[start..];
        let length = match utf16_unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(utf16_unit(&escape[6..]), Some(0xDC00..=0xDFFF)) => {
                12
            }
            Some(0xD800..=0xDFFF) => {
                out.push_str(&kept_from[..kept_from.len() - escape.len()]);
                out.push_str("\\ufffd");
                kept_from = &escape[6..];
                6
            }
            Some(_) => 6,
            None => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        rest = &escape[length..];
    }
    if kept_from.len() == literal.len() {
        return Cow::Borrowed(literal);
    }
    out.push_str(kept_from);
    Cow::Owned(out)
}

/// The code unit of the escape `\uXXXX` at the start of `text`.
fn utf16_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// The length of the string literal at the start of `text`, including quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> (Value, bool) {
        let mut became_text = false;
        let value = normalise(value(text.as_bytes()).unwrap(), &mut became_text);
        (value, became_text)
    }

    #[test]
    fn numbers_are_converted_to_f64() {
        assert_eq!(read("-0.0"), (json!(0), false));
        assert_eq!(read("-0"), (json!(0), false));
        assert_eq!(
            read("18446744073709551615"),
            (json!(18_446_744_073_709_551_615.0), false)
        );
        assert_eq!(
            read("9007199254740993"),
            (json!(9_007_199_254_740_992.0), false)
        );
        assert_eq!(read("[1,2.5]"), (json!([1, 2.5]), false));
    }

    #[test]
    fn a_number_outside_the_range_of_f64_is_kept_as_text() {
        assert_eq!(
            read(r#"{"a":"\"1e999","b":[-1e400]}"#),
            (json!({"a":"\"1e999","b":["-1e400"]}), true)
        );
    }

    #[test]
    fn an_unpaired_surrogate_is_replaced() {
        for (text, expected) in [
            (r#""\ud83d\ude00""#, "\u{1f600}"),
            (r#""a\uD83D""#, "a\u{fffd}"),
            (r#""\ude00b""#, "\u{fffd}b"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ud83dé\\ud83d\"""#, "\u{fffd}é\\ud83d\""),
        ] {
            assert_eq!(read(text), (json!(expected), false), "{text}");
        }
    }

    #[test]
    fn invalid_json_is_refused() {
        for bytes in [
            &b"{"[..],
            b"",
            b"\xff",
            b"NaN",
            b"{\"a\":1e}",
            b"\"\\ud8",
            b"\"\\ud83d",
        ] {
            assert!(value(bytes).is_err(), "{bytes:?}");
        }
        let deep = "[".repeat(10_000);
        assert!(value(deep.as_bytes()).is_err());
        assert!(object(b"[]").is_err());
        assert!(object(b"\xef\xbb\xbf{}").is_ok());
    }
}
