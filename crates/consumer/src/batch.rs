//! Deliveries to batches: one per project, what cannot be read set aside.

use empmix_broker::{AckToken, Delivery};
use empmix_model::{
    dead::DeadReason,
    envelope::{ENVELOPE_VERSION, Envelope},
    ids::ProjectId,
};
use empmix_store::Batch;
use serde_json::Value;

/// Deliveries that were taken together.
#[derive(Default)]
pub(crate) struct Taken {
    /// One batch per project, in the order of first sight.
    pub(crate) batches: Vec<Batch>,
    /// How often each message of a batch was delivered before, in the batches' order.
    pub(crate) attempts: Vec<Vec<u32>>,
    /// Messages that cannot be read.
    pub(crate) unreadable: Vec<Unreadable>,
    /// What to ack when all of it is dealt with.
    pub(crate) tokens: Vec<AckToken>,
}

/// A message that is no envelope of a known version.
pub(crate) struct Unreadable {
    pub(crate) delivery: Delivery,
    pub(crate) reason: DeadReason,
}

impl Taken {
    pub(crate) fn of(deliveries: Vec<Delivery>) -> Self {
        let mut taken = Self::default();
        for delivery in deliveries {
            taken.tokens.push(delivery.token);
            match read(&delivery.message.body) {
                Ok(envelope) => taken.add(envelope, delivery.delivery_count),
                Err(reason) => taken.unreadable.push(Unreadable { delivery, reason }),
            }
        }
        taken
    }

    fn add(&mut self, envelope: Envelope, attempts: u32) {
        let place = self.place_of(envelope.project);
        self.batches[place].envelopes.push(envelope);
        self.attempts[place].push(attempts);
    }

    fn place_of(&mut self, project: ProjectId) -> usize {
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
