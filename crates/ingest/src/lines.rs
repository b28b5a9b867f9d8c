//! Decodes the lines of an import: newline-delimited JSON, with one event object of `/public/track`
//! per line.

use serde_json::Value;

use crate::{Decoded, Refusal, RequestContext, event::Decoder, json};

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

fn read_line(line: &[u8]) -> Result<serde_json::Map<String, Value>, Refusal> {
    json::object(line).map_err(|refusal| Refusal {
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
}
