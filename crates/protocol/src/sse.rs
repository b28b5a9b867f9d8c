//! Server-sent events: bytes in, live messages out.
//!
//! The stream has [`EVENT`] with a stored event, [`WARNING`] with a warning and [`LAGGED`] with how many
//! items were dropped; a comment every [`KEEP_ALIVE`] keeps it alive. Chunks may end anywhere, inside a
//! character too.

use std::time::Duration;

use empmix_model::stored::LiveItem;

use crate::{reply::Lagged, shell::LiveMessage};

/// The name of a stored event.
pub const EVENT: &str = "event";
/// The name of a warning.
pub const WARNING: &str = "warning";
/// The name of the number of items that were dropped.
pub const LAGGED: &str = "lagged";
/// How often something is sent, so that either side soon notices that the other one is gone.
pub const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// Bytes of one unfinished event at most; a longer one is dropped.
const MAX_EVENT_BYTES: usize = 8 << 20;

/// Reads a stream chunk by chunk.
#[derive(Debug, Default)]
pub struct SseReader {
    buffer: Vec<u8>,
}

impl SseReader {
    /// Takes a chunk and returns the messages that it completed. What cannot be read is left out.
    pub fn feed(&mut self, chunk: &[u8]) -> Vec<LiveMessage> {
        self.buffer.extend_from_slice(chunk);
        let mut messages = Vec::new();
        while let Some((end, next)) = end_of_event(&self.buffer) {
            messages.extend(read_event(&String::from_utf8_lossy(&self.buffer[..end])));
            self.buffer.drain(..next);
        }
        if self.buffer.len() > MAX_EVENT_BYTES {
            self.buffer.clear();
        }
        messages
    }
}

/// Where the first event ends, and where the next begins.
fn end_of_event(buffer: &[u8]) -> Option<(usize, usize)> {
    let unix = buffer.windows(2).position(|two| two == b"\n\n");
    let dos = buffer.windows(4).position(|four| four == b"\r\n\r\n");
    match (unix, dos) {
        (Some(unix), Some(dos)) if dos < unix => Some((dos, dos + 4)),
        (Some(unix), _) => Some((unix, unix + 2)),
        (None, Some(dos)) => Some((dos, dos + 4)),
        (None, None) => None,
    }
}

fn read_event(text: &str) -> Option<LiveMessage> {
    let (mut name, mut data) = ("message", String::new());
    for line in text.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = value,
            "data" => {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value);
            }
            _ => {}
        }
    }
    match name {
        EVENT => serde_json::from_str(&data)
            .ok()
            .map(|event| LiveMessage::Item(LiveItem::Event(event))),
        WARNING => serde_json::from_str(&data)
            .ok()
            .map(|warning| LiveMessage::Item(LiveItem::Warning(warning))),
        LAGGED => serde_json::from_str::<Lagged>(&data)
            .ok()
            .map(|lagged| LiveMessage::Lagged(lagged.dropped)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use empmix_model::warning::{Warning, WarningKind};

    fn stream() -> (String, Vec<LiveMessage>) {
        let mut text = ": hello\n\n".to_owned();
        let mut expected = Vec::new();
        for message in ["naïve", "日本"] {
            let warning = Warning {
                kind: WarningKind::Refused,
                message: message.to_owned(),
                bytes: None,
                received_at: 1,
            };
            let data = serde_json::to_string(&warning).unwrap();
            text.push_str(&format!("event: warning\ndata: {data}\n\n"));
            expected.push(LiveMessage::Item(LiveItem::Warning(warning)));
        }
        text.push_str("event: lagged\r\ndata: {\"dropped\":3,\"at\":1}\r\n\r\n");
        expected.push(LiveMessage::Lagged(3));
        (text, expected)
    }

    #[test]
    fn chunks_may_end_anywhere() {
        let (text, expected) = stream();
        for size in [1, 2, 3, 7, 64, text.len()] {
            let mut reader = SseReader::default();
            let read: Vec<_> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|chunk| reader.feed(chunk))
                .collect();
            assert_eq!(read, expected, "chunks of {size} bytes");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let mut reader = SseReader::default();
        assert_eq!(
            reader.feed(b"event: event\ndata: {}\n\nevent: new\ndata: 1\n\n"),
            []
        );
    }
}
