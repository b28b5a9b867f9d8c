//! Groups deliveries into one batch per project, and separates messages that cannot be decoded.

use empmix_broker::{AckToken, Delivery};
use empmix_model::{
    dead::DeadReason,
    envelope::{ENVELOPE_VERSION, Envelope},
    ids::ProjectId,
};
use empmix_store::Batch;
use serde_json::Value;

/// Deliveries that are processed together.
#[derive(Default)]
pub(crate) struct PolledDeliveries {
    /// One batch per project, in the order of each project's first delivery.
    pub(crate) batches: Vec<Batch>,
    /// Per batch and message, the number of earlier deliveries.
    pub(crate) attempts: Vec<Vec<u32>>,
    /// Messages that cannot be decoded.
    pub(crate) unreadable: Vec<UnreadableMessage>,
    /// The tokens to ack after all deliveries are processed.
    pub(crate) tokens: Vec<AckToken>,
}

/// A message that is not a valid envelope of a supported version.
pub(crate) struct UnreadableMessage {
    pub(crate) delivery: Delivery,
    pub(crate) reason: DeadReason,
}

impl PolledDeliveries {
    pub(crate) fn of(deliveries: Vec<Delivery>) -> Self {
        let mut polled = Self::default();
        for delivery in deliveries {
            polled.tokens.push(delivery.token);
            match read(&delivery.message.body) {
                Ok(envelope) => polled.add(envelope, delivery.delivery_count),
                Err(reason) => polled
                    .unreadable
                    .push(UnreadableMessage { delivery, reason }),
            }
        }
        polled
    }

    fn add(&mut self, envelope: Envelope, attempts: u32) {
        let index = self.batch_index(envelope.project);
        self.batches[index].envelopes.push(envelope);
        self.attempts[index].push(attempts);
    }

    fn batch_index(&mut self, project: ProjectId) -> usize {
        self.batches
            .iter()
            .position(|batch| batch.project == project)
            .unwrap_or_else(|| {
                self.batches.push(Batch {
                    project,
                    envelopes: Vec::new(),
                });
                self.attempts.push(Vec::new());
                self.batches.len() - 1
            })
    }
}

fn read(body: &[u8]) -> Result<Envelope, DeadReason> {
    let value: Value = serde_json::from_slice(body).map_err(|_| DeadReason::Undecodable)?;
    match value.get("v").and_then(Value::as_u64) {
        Some(v) if v == u64::from(ENVELOPE_VERSION) => {
            serde_json::from_slice(body).map_err(|_| DeadReason::Undecodable)
        }
        Some(_) => Err(DeadReason::UnsupportedVersion),
        None => Err(DeadReason::Undecodable),
    }
}
