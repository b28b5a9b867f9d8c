//! Reads JSON, and keeps its numbers within f64.
//!
//! A number literal beyond f64 (`1e400`) is no error: it is kept as its text, and the alteration
//! is recorded. Half a surrogate pair (`"\ud83d"`, what JavaScript makes of an emoji that was cut
//! in two) is no error either: it becomes U+FFFD, so that it costs its own character and not the
//! batch around it. Such a body fails a first, ordinary parse; only then it is mended and read
//! again. −0 becomes 0, and an integer beyond 2^53 its nearest f64.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::Refusal;

/// Marks text that was a number literal; control characters never pass ids or names.
const MARK: &str = "\u{1}number:";
/// Integers up to here are exact in f64.
const EXACT: u64 = 1 << 53;

/// Reads a body that must be a JSON object.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match value(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::body("The body must be a JSON object.")),
    }
}

/// Reads any JSON.
pub fn value(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::body("The body is not UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).or_else(|error| {
        let mended = mend(text);
        serde_json::from_str(mended.as_deref().unwrap_or(text))
            .map_err(|_| Refusal::body(format!("The body is not valid JSON: {error}.")))
    })
}

/// The value as it is stored, and whether a number became text.
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
    reason = "the nearest f64 is what is wanted"
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

/// The text with each number literal that f64 cannot hold turned into a marked string, and each
/// half of a surrogate pair into U+FFFD; `None` when there is neither.
fn mend(text: &str) -> Option<String> {
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
        let mended = match next {
            '"' => whole_pairs(token),
            _ if token.parse::<f64>().is_ok_and(f64::is_infinite) => {
                Cow::Owned(format!("\"\\u0001number:{token}\""))
            }
            _ => Cow::Borrowed(token),
        };
        found |= matches!(mended, Cow::Owned(_));
        out.push_str(&mended);
        rest = after;
    }
    found.then_some(out)
}

/// A string literal whose escapes name whole surrogate pairs only.
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

/// The number in the escape `\uXXXX` that `text` begins with.
fn utf16_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// The length of the string literal that `text` begins with, quotes included.
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
    fn numbers_stay_within_f64() {
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
    fn a_number_beyond_f64_is_kept_as_its_text() {
        assert_eq!(
            read(r#"{"a":"\"1e999","b":[-1e400]}"#),
            (json!({"a":"\"1e999","b":["-1e400"]}), true)
        );
    }

    #[test]
    fn half_a_surrogate_pair_costs_one_character() {
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
    fn what_is_no_json_is_refused() {
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
