//! Groups deliveries into one batch per project, and separates what needs care: messages that cannot
//! be decoded, and messages that may have ended the process.

use empmix_broker::{AckToken, Delivery, Message};
use empmix_model::{
    dead::{DeadLetter, DeadReason},
    envelope::{ENVELOPE_VERSION, Envelope},
    ids::ProjectId,
};
use empmix_store::Batch;
use serde::Deserialize;

use crate::park::letter_of_message;

/// Deliveries from which a message is suspected of ending the process.
const SUSPICIOUS: u32 = 3;

/// Deliveries that are processed together.
#[derive(Default)]
pub(crate) struct PolledDeliveries {
    /// One batch per project, in the order of each project's first delivery.
    pub(crate) batches: Vec<ProjectBatch>,
    /// Messages that are written alone.
    pub(crate) suspicious: Vec<Suspect>,
    /// The letters of messages that cannot be decoded, and what acks these messages.
    pub(crate) unreadable: (Vec<DeadLetter>, Vec<AckToken>),
}

/// A message that may have ended the process.
pub(crate) struct Suspect {
    /// The message.
    pub(crate) envelope: Envelope,
    /// The message as it was delivered.
    pub(crate) message: Message,
    /// The number of earlier deliveries.
    pub(crate) attempts: u32,
    /// Acks it.
    pub(crate) token: AckToken,
}

/// The messages of one project. They are decoded when they are polled, and handed over to the store;
/// only where they are needed again (the store failed, or an item is parked) they are decoded again.
pub(crate) struct ProjectBatch {
    /// The project.
    pub(crate) project: ProjectId,
    /// The messages as they were delivered.
    pub(crate) messages: Vec<Message>,
    /// Per message, the number of earlier deliveries.
    pub(crate) attempts: Vec<u32>,
    /// Ack them.
    pub(crate) tokens: Vec<AckToken>,
    decoded: Vec<Envelope>,
}

impl ProjectBatch {
    fn new(project: ProjectId) -> Self {
        Self {
            project,
            messages: Vec::new(),
            attempts: Vec::new(),
            tokens: Vec::new(),
            decoded: Vec::new(),
        }
    }

    /// The messages as the store takes them.
    pub(crate) fn take(&mut self) -> Batch {
        let envelopes = match std::mem::take(&mut self.decoded) {
            decoded if decoded.is_empty() => self.envelopes().collect(),
            decoded => decoded,
        };
        Batch {
            project: self.project,
            envelopes,
        }
    }

    /// The messages, decoded again.
    pub(crate) fn envelopes(&self) -> impl Iterator<Item = Envelope> {
        self.messages
            .iter()
            .filter_map(|message| read(&message.body).ok())
    }
}

/// Whether a delivery may have ended the process.
pub(crate) fn is_suspicious(delivery: &Delivery) -> bool {
    delivery.delivery_count >= SUSPICIOUS
}

impl PolledDeliveries {
    pub(crate) fn of(deliveries: Vec<Delivery>) -> Self {
        let mut polled = Self::default();
        for delivery in deliveries {
            match read(&delivery.message.body) {
                Ok(envelope) if is_suspicious(&delivery) => {
                    polled.suspicious.push(Suspect {
                        envelope,
                        message: delivery.message,
                        attempts: delivery.delivery_count,
                        token: delivery.token,
                    });
                }
                Ok(envelope) => polled.add(envelope, delivery),
                Err(reason) => {
                    let (letters, tokens) = &mut polled.unreadable;
                    letters.push(letter_of_message(&delivery, reason));
                    tokens.push(delivery.token);
                }
            }
        }
        polled
    }

    fn add(&mut self, envelope: Envelope, delivery: Delivery) {
        let batch = self.batch_of(envelope.project);
        batch.decoded.push(envelope);
        batch.attempts.push(delivery.delivery_count);
        batch.tokens.push(delivery.token);
        batch.messages.push(delivery.message);
    }

    fn batch_of(&mut self, project: ProjectId) -> &mut ProjectBatch {
        let known = self
            .batches
            .iter()
            .position(|batch| batch.project == project);
        let index = known.unwrap_or_else(|| {
            self.batches.push(ProjectBatch::new(project));
            self.batches.len() - 1
        });
        &mut self.batches[index]
    }
}

/// The version of an envelope, whatever else it holds.
#[derive(Deserialize)]
struct Version {
    v: u64,
}

fn read(body: &[u8]) -> Result<Envelope, DeadReason> {
    match serde_json::from_slice::<Envelope>(body) {
        Ok(envelope) if envelope.v == ENVELOPE_VERSION => Ok(envelope),
        Ok(_) => Err(DeadReason::UnsupportedVersion),
        Err(_) => match serde_json::from_slice::<Version>(body) {
            Ok(Version { v }) if v != u64::from(ENVELOPE_VERSION) => {
                Err(DeadReason::UnsupportedVersion)
            }
            _ => Err(DeadReason::Undecodable),
        },
    }
}
