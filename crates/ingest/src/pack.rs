//! Packs items into envelopes of limited size.

use std::io;

use empmix_model::{
    EpochMs,
    envelope::{ENVELOPE_VERSION, Envelope, JobPart, Source},
    ids::{MessageId, ProjectId},
    item::Item,
    limits,
    warning::{Alteration, Refused},
};
use serde::Serialize;

/// The content of an envelope consists of units: accepted items and refused ones.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "most units are items")]
pub enum EnvelopeUnit {
    /// An accepted item.
    Item {
        /// The item.
        item: Item,
        /// The alterations made to it.
        altered: Vec<Alteration>,
    },
    /// A refused item.
    Refused(Refused),
}

/// The fields that all envelopes of one request share.
#[derive(Debug, Clone, Copy)]
pub struct EnvelopeHeader {
    /// The project.
    pub project: ProjectId,
    /// When the request was received.
    pub received_at: EpochMs,
    /// The endpoint or job that received the items.
    pub source: Source,
    /// The job part that the units form, if they belong to a job.
    pub job: Option<JobPart>,
}

/// Packs units, in order, into as few envelopes as possible, each of at most
/// [`limits::ENVELOPE_BYTES`]; a larger unit gets an envelope of its own. `message_id` generates
/// ascending ids.
pub fn pack(
    header: EnvelopeHeader,
    units: impl IntoIterator<Item = EnvelopeUnit>,
    mut message_id: impl FnMut() -> MessageId,
) -> Vec<Envelope> {
    let mut envelopes: Vec<Envelope> = Vec::new();
    let mut bytes = 0;
    for unit in units {
        let unit_bytes = unit.bytes();
        if envelopes.is_empty() || bytes + unit_bytes > limits::ENVELOPE_BYTES {
            envelopes.push(header.envelope(message_id()));
            bytes = HEADER_BYTES;
        }
        bytes += unit_bytes;
        if let Some(envelope) = envelopes.last_mut() {
            unit.add_to(envelope);
        }
    }
    envelopes
}

/// An upper bound for the size of an envelope without its units.
const HEADER_BYTES: usize = 512;

impl EnvelopeHeader {
    fn envelope(&self, message_id: MessageId) -> Envelope {
        Envelope {
            v: ENVELOPE_VERSION,
            project: self.project,
            message_id,
            received_at: self.received_at,
            source: self.source,
            job: self.job,
            items: Vec::new(),
            refused: Vec::new(),
            altered: Vec::new(),
            first_item: 0,
        }
    }
}

impl EnvelopeUnit {
    fn bytes(&self) -> usize {
        1 + match self {
            Self::Item { item, altered } => json_bytes(item) + json_bytes(altered),
            Self::Refused(refused) => json_bytes(refused),
        }
    }

    fn add_to(self, envelope: &mut Envelope) {
        match self {
            Self::Item { item, altered } => {
                envelope.items.push(item);
                envelope.altered.extend(altered);
            }
            Self::Refused(refused) => envelope.refused.push(refused),
        }
    }
}

/// The size of a value as JSON.
pub(crate) fn json_bytes(value: &impl Serialize) -> usize {
    struct ByteCounter(usize);
    impl io::Write for ByteCounter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = ByteCounter(0);
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(bytes: usize, index: u32) -> EnvelopeUnit {
        EnvelopeUnit::Refused(Refused {
            index,
            kind: "k".into(),
            message: "m".into(),
            bytes: "x".repeat(bytes),
        })
    }

    proptest! {
        #[test]
        fn envelopes_are_limited_and_keep_the_order(sizes in prop::collection::vec(0usize..600_000, 0..12)) {
            let header = EnvelopeHeader { project: ProjectId([0; 8]), received_at: 0, source: Source::Track, job: None };
            let units = sizes.iter().zip(0..).map(|(size, index)| refused(*size, index));
            let envelopes = pack(header, units, MessageId::nil);
            let indices: Vec<u32> = envelopes.iter().flat_map(|e| &e.refused).map(|r| r.index).collect();
            prop_assert_eq!(indices, (0..u32::try_from(sizes.len()).unwrap()).collect::<Vec<_>>());
            for envelope in &envelopes {
                prop_assert!(!envelope.refused.is_empty());
                prop_assert!(json_bytes(envelope) <= limits::ENVELOPE_BYTES);
            }
        }
    }
}
