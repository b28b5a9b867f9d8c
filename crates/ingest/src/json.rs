//! Parses JSON and converts its numbers to f64.
//!
//! A body is read in two steps: [`Body`] finds its fields and the elements of `events` as text,
//! whatever they hold; [`object`] parses one element. So an element that cannot be parsed (nested too
//! deeply, say) is refused alone, and the others are accepted.
//!
//! A number literal outside the range of f64 (`1e400`) is accepted: it is stored as text, and the
//! alteration is recorded. An unpaired surrogate (`"\ud83d"`, which JavaScript produces when it cuts
//! an emoji in two) is accepted too: it becomes U+FFFD, so that one character is lost and not the
//! whole batch. Such a text fails an ordinary parse first; only then is it repaired and parsed
//! again. −0 becomes 0, and an integer beyond 2^53 becomes the nearest f64.

use std::{borrow::Cow, collections::BTreeMap, fmt, ops::Deref};

use serde::{
    Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Number, Value, value::RawValue};
use sha2::{Digest, Sha256};

use crate::Refusal;

/// f64 represents all integers up to this one exactly.
const EXACT: u64 = 1 << 53;

/// The fields of a body, each as the text that was sent. Of fields with one name the last one counts.
#[derive(Debug)]
pub struct Body<'a> {
    text: &'a str,
    fields: BTreeMap<String, &'a RawValue>,
}

/// An object as it was sent, parsed.
#[derive(Debug, Default)]
pub struct Object {
    fields: Map<String, Value>,
    mark: Option<String>,
}

impl Deref for Object {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.fields
    }
}

impl<'a> Body<'a> {
    /// Finds the fields of a body.
    ///
    /// # Errors
    /// The body is not UTF-8, not JSON, or not an object.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let text = text(bytes)?;
        match serde_json::from_str(text) {
            Ok(fields) => Ok(Self { text, fields }),
            Err(_) => {
                let value = syntax(text)?;
                let is_object = value.get().starts_with('{');
                Err(Refusal::body(if is_object {
                    "The body has a field whose name is not text."
                } else {
                    "The body must be a JSON object."
                }))
            }
        }
    }

    /// The whole body as one object.
    pub fn object(&self) -> Result<Object, Refusal> {
        object(self.text)
    }

    /// The text of a field; `null` counts as absent.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let field = self.fields.get(name).copied();
        field.filter(|value| value.get() != "null")
    }

    /// A field as a value; one that cannot be parsed counts as absent.
    pub fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// The body without its key, in the form in which it is kept.
    pub(crate) fn text_without_key(&self) -> String {
        let fields = self.fields.iter().filter(|(name, _)| *name != "apiKey");
        serde_json::to_string(&fields.collect::<BTreeMap<_, _>>()).unwrap_or_default()
    }
}

impl Object {
    /// What text begins with that was a number literal outside the range of f64. No sender can know it
    /// before the text is complete.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }
}

#[cfg(test)]
impl From<Value> for Object {
    fn from(value: Value) -> Self {
        let Value::Object(fields) = value else {
            panic!("expected an object")
        };
        Self { fields, mark: None }
    }
}

/// Parses the text of one object.
///
/// # Errors
/// It is not JSON, not an object, or nested more deeply than any parser reads.
pub fn object(text: &str) -> Result<Object, Refusal> {
    let (value, mark) = match serde_json::from_str(text) {
        Ok(value) => (value, None),
        Err(_) => {
            syntax(text)?;
            let mark = mark_of(text);
            let repaired = repair(text, &mark);
            let value = serde_json::from_str(repaired.as_deref().unwrap_or(text));
            let deep = |_| Refusal::body("The body is nested too deeply.");
            (value.map_err(deep)?, Some(mark))
        }
    };
    match value {
        Value::Object(mut fields) => {
            if let Some(mark) = &mark {
                fields
                    .values_mut()
                    .for_each(|value| numbers_stay(value, mark));
            }
            Ok(Object { fields, mark })
        }
        _ => Err(Refusal::body("The body must be a JSON object.")),
    }
}

/// A field of the body itself that is a number stays one: no id, name or time is a number out of range.
fn numbers_stay(value: &mut Value, mark: &str) {
    if value.as_str().is_some_and(|text| text.starts_with(mark)) {
        *value = f64::MAX.into();
    }
}

/// The key in a body, of which the end may be missing.
pub fn api_key(beginning: &[u8]) -> Option<String> {
    let beginning = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(beginning);
    // An error says where the beginning ends, or that the body is not JSON; what was found counts.
    let _ = reader.deserialize_map(KeyFinder(&mut found));
    found
}

struct KeyFinder<'k>(&'k mut Option<String>);

impl<'de> Visitor<'de> for KeyFinder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            if name == "apiKey" {
                *self.0 = fields.next_value::<Value>()?.as_str().map(str::to_owned);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Bytes as text, without a byte order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::body("The body is not UTF-8."))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Checks that a text is one JSON value, whatever its strings, numbers and depth. The error names the
/// place where it is not.
fn syntax(text: &str) -> Result<&RawValue, Refusal> {
    serde_json::from_str(text)
        .map_err(|error| Refusal::body(format!("The body is not valid JSON: {error}.")))
}

/// A text that `text` does not contain, and cannot: it depends on all of it.
fn mark_of(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hex}:")
}

/// Converts a value to the form in which it is stored. Sets `became_text` if a number became text.
pub(crate) fn normalise(value: Value, mark: Option<&str>, became_text: &mut bool) -> Value {
    match value {
        Value::Number(number) => Value::Number(within_f64(&number)),
        Value::String(text) => match mark.and_then(|mark| text.strip_prefix(mark)) {
            Some(literal) => {
                *became_text = true;
                Value::String(literal.to_owned())
            }
            None => Value::String(text),
        },
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| normalise(item, mark, became_text))
                .collect(),
        ),
        Value::Object(object) => Value::Object(
            object
                .into_iter()
                .map(|(key, value)| (key, normalise(value, mark, became_text)))
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
fn repair(text: &str, mark: &str) -> Option<String> {
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
                Cow::Owned(format!("\"{mark}{token}\""))
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
        let text = format!("{{\"v\":{text}}}");
        let object = object(&text).unwrap();
        let mut became_text = false;
        let value = normalise(object["v"].clone(), object.mark(), &mut became_text);
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
    fn a_field_that_is_a_number_outside_the_range_of_f64_is_not_text() {
        let body = object(r#"{"distinct_id":1e400,"event":"1e400"}"#).unwrap();
        assert!(body["distinct_id"].is_number() && body["event"].is_string());
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
    fn text_that_looks_like_a_marked_number_is_kept() {
        for sent in [
            r#""\u0001number:5""#,
            "\"1e400\"",
            r#"["\u0001number:5",1e400]"#,
        ] {
            let (value, became_text) = read(sent);
            let first = value.get(0).unwrap_or(&value).as_str().unwrap();
            assert!(first == "\u{1}number:5" || first == "1e400", "{first:?}");
            assert_eq!(became_text, sent.starts_with('['));
        }
    }

    #[test]
    fn invalid_json_is_refused() {
        for text in [
            "{",
            "",
            "{\"a\":NaN}",
            "{\"a\":1e}",
            "{\"a\":\"\\ud8",
            "{\"a\":\"\\ud83d",
            "[]",
            "5",
        ] {
            assert!(object(text).is_err(), "{text:?}");
            assert!(Body::of(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Body::of(b"\xff").is_err());
        assert!(Body::of(b"\xef\xbb\xbf{}").is_ok());
    }

    #[test]
    fn the_error_points_at_what_is_wrong_not_at_what_is_repaired() {
        let text = "{\"a\":\"\\ud83d\",\n\"b\":NaN,\"c\":1e400}";
        for refusal in [
            object(text).unwrap_err(),
            Body::of(text.as_bytes()).unwrap_err(),
        ] {
            assert!(
                refusal.message.contains("line 2 column 5"),
                "{}",
                refusal.message
            );
        }
    }

    #[test]
    fn the_key_is_found_in_the_beginning_of_a_body() {
        let text = r#"{"events":[{"apiKey":"no"}],"apiKey":"pk","more":"é"}"#;
        assert_eq!(api_key(text.as_bytes()).as_deref(), Some("pk"));
        let until = |end: &str| &text.as_bytes()[..text.find(end).unwrap()];
        assert_eq!(api_key(until("é")).as_deref(), Some("pk"));
        assert_eq!(
            api_key(&text.as_bytes()[..=text.find('é').unwrap()]).as_deref(),
            Some("pk")
        );
        for other in [
            until("pk"),
            b"{\"apiKey\":5}",
            b"[\"apiKey\"]",
            b"",
            b"apiKey",
        ] {
            assert_eq!(api_key(other), None);
        }
    }

    #[test]
    fn a_body_is_read_as_far_as_its_fields_whatever_they_hold() {
        for deep in [140, 20_000] {
            let text = format!(
                "{{\"a\":{}1{},\"b\":null,\"c\":2}}",
                "[".repeat(deep),
                "]".repeat(deep)
            );
            let body = Body::of(text.as_bytes()).unwrap();
            assert_eq!(
                (body.value("c"), body.value("b"), body.value("a")),
                (Some(json!(2)), None, None)
            );
            assert!(body.object().unwrap_err().message.contains("nested"));
        }
    }
}
