//! Decodes the lines of an import: newline-delimited JSON, with one event object of `/public/track`
//! per line.

use empmix_model::{
    envelope::Source,
    item::{Authority, Item},
    limits,
};

use crate::{
    Decoded, Refusal, RequestContext,
    event::{Count, Decoder, IdOrigin},
    json::{self, Object},
};

/// Decodes lines of a file. `first_line` is the number of the first line, counted from 1. Blank lines
/// are skipped. The index of a rejected line is its number in the file.
///
/// The lines of one call form one request, and equal rows without ids are numbered within it.
/// Therefore a caller that splits a file must always split it at the same lines.
pub fn decode<'l>(
    lines: impl Iterator<Item = &'l [u8]>,
    first_line: u64,
    context: &mut RequestContext<'_>,
) -> DecodedLines {
    let mut decoder = Decoder::new(context, None);
    let mut result = DecodedLines {
        decoded: Decoded::new(),
        unit_lines: Vec::new(),
        read: 0,
    };
    for (number, line) in (first_line..).zip(lines) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        result.read += 1;
        result.unit_lines.push(number);
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        match read_line(line).and_then(|object| decoder.item(&object)) {
            Ok(accepted) => result.decoded.accept(accepted),
            Err(refusal) => result
                .decoded
                .refuse(index, refusal, &String::from_utf8_lossy(line)),
        }
    }
    result
}

/// The line with the insert id that its content gives it, if it gives it one: that of an event with a
/// time and without an id. `count` counts the equal events of the whole file.
pub fn with_insert_id(line: &[u8], count: Count<'_>) -> Option<Vec<u8>> {
    let object = read_line(line).ok()?;
    let mut random_id = String::new;
    let mut context = RequestContext {
        received_at: limits::TIMESTAMP_END_MS - 1,
        authority: Authority::Server,
        source: Source::Import,
        random_id: &mut random_id,
    };
    let decoded = Decoder::counting(&mut context, None, count)
        .item(&object)
        .ok()?;
    if decoded.origin != IdOrigin::Content {
        return None;
    }
    let Item::Event(event) = decoded.item else {
        return None;
    };
    let start = line.iter().position(|byte| *byte == b'{')? + 1;
    let field = format!("\"insert_id\":\"{}\",", event.insert_id);
    // Of fields with one name the last one counts: a `null` must not come after the id.
    let line = match object.get("insert_id") {
        None => [&line[..start], field.as_bytes(), &line[start..]].concat(),
        Some(_) => {
            let end = line.iter().rposition(|byte| *byte == b'}')?;
            let field = format!(",\"insert_id\":\"{}\"", event.insert_id);
            [&line[..end], field.as_bytes(), &line[end..]].concat()
        }
    };
    Some(line)
}

/// Decoded lines, and the line number of each unit.
#[derive(Debug)]
pub struct DecodedLines {
    /// The units, one per line that is not blank.
    pub decoded: Decoded,
    /// The line number of each unit.
    pub unit_lines: Vec<u64>,
    /// The number of lines that are not blank.
    pub read: u64,
}

fn read_line(line: &[u8]) -> Result<Object, Refusal> {
    json::text(line)
        .and_then(json::object)
        .map_err(|refusal| Refusal {
            message: refusal.message.replace("body", "line"),
            ..refusal
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::context;

    #[test]
    fn a_rejected_line_is_reported_by_its_number() {
        let text = b"{\"event\":\"a\",\"distinct_id\":\"u\"}\r\n\n{broken\n{\"event\":\"a\"}";
        let mut id = || "r".to_owned();
        let result = decode(
            text.split(|byte| *byte == b'\n'),
            11,
            &mut context(1_780_000_000_000, &mut id),
        );
        assert_eq!((result.read, result.decoded.accepted), (3, 1));
        let lines: Vec<_> = result
            .decoded
            .rejected
            .iter()
            .map(|rejected| rejected.index)
            .collect();
        assert_eq!(lines, [13, 14]);
        assert_eq!(result.unit_lines, [11, 13, 14]);
        assert!(
            result.decoded.rejected[0]
                .refusal
                .message
                .starts_with("The line is not valid JSON")
        );
    }

    /// A line with its id decodes to the event that it decodes to without.
    #[test]
    fn an_id_is_added_where_the_content_gives_one() {
        let mut counts = std::collections::HashMap::<[u8; 32], u32>::new();
        let mut with_id = |line: &str| {
            let count = |content| {
                let counted = counts.entry(content).or_default();
                *counted += 1;
                *counted - 1
            };
            with_insert_id(line.as_bytes(), Box::new(count))
        };
        let event_of = |line: &[u8]| {
            let mut id = || "r".to_owned();
            let mut context = context(1_780_000_000_000, &mut id);
            context.source = Source::Import;
            let mut decoder = Decoder::new(&mut context, None);
            let accepted = decoder.item(&read_line(line).unwrap()).unwrap();
            serde_json::to_value(accepted.item).unwrap()
        };
        for line in [
            r#" {"event":"a","distinct_id":"u","timestamp":1780000000000,"properties":{"n":1e400}}"#,
            r#"{"event":"b","distinct_id":"u","timestamp":1780000000000,"insert_id":null }"#,
        ] {
            let first = with_id(line).unwrap();
            assert_eq!(event_of(&first), event_of(line.as_bytes()));
            let second = with_id(line).unwrap();
            assert_ne!(event_of(&second)["id"], event_of(&first)["id"]);
        }
        for other in [
            r#"{"event":"a","distinct_id":"u","timestamp":1780000000000,"insert_id":"i"}"#,
            r#"{"event":"a","distinct_id":"u","timestamp":1780000000000,"properties":{"$insert_id":"i"}}"#,
            r#"{"event":"a","distinct_id":"u"}"#,
            r#"{"event":"$identify","distinct_id":"u","timestamp":1780000000000}"#,
            r#"{"event":"a","timestamp":1780000000000}"#,
            "not JSON",
            "",
        ] {
            assert_eq!(with_id(other), None, "{other}");
        }
    }
}
