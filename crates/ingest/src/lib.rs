//! Decodes the bytes that clients send into items, or into refusals that name the parameter.
//!
//! The crate contains only pure functions; callers pass in the time of receipt and randomness
//! ([`RequestContext`]). It must not know HTTP, keys, brokers or stores.
//!
//! | module | content |
//! | --- | --- |
//! | [`json`] | parsing a body, converting numbers to f64 |
//! | [`fields`] | checks of names, ids and properties |
//! | [`time`] | the unit of a timestamp, clock skew, future times |
//! | [`event`] | decoding one event object into one item |
//! | [`track`], [`identify`] | decoding the bodies of the public API |
//! | [`lines`] | decoding the lines of an import |
//! | [`pack`] | packing items into envelopes of limited size |

pub mod event;
pub mod fields;
pub mod identify;
pub mod json;
pub mod lines;
pub mod pack;
pub mod refusal;
pub mod time;
pub mod track;

pub use pack::{EnvelopeUnit, pack};
pub use refusal::{Refusal, RefusalKind};

use empmix_model::{EpochMs, envelope::Source, item::Authority, warning::Refused};

/// The properties of a request, besides its bytes, that decoding depends on.
pub struct RequestContext<'a> {
    /// When the request was received.
    pub received_at: EpochMs,
    /// The authority of the request, which depends on its key.
    pub authority: Authority,
    /// The endpoint or job that received the items; the rules for times depend on it.
    pub source: Source,
    /// Generates an insert id for an item that has neither an id nor a time.
    pub random_id: &'a mut dyn FnMut() -> String,
}

/// The result of decoding a request.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The units to publish, in the request's order: accepted items and refused ones.
    pub units: Vec<EnvelopeUnit>,
    /// The number of accepted items.
    pub accepted: usize,
    /// The refused items.
    pub rejected: Vec<Rejected>,
    /// Whether the request can be sent again without counting anything twice.
    pub retry_safe: bool,
}

/// A refused event of a batch, as the reply reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its index in the request.
    pub index: u32,
    /// The reason.
    pub refusal: Refusal,
}

impl Decoded {
    fn new() -> Self {
        Self {
            retry_safe: true,
            ..Self::default()
        }
    }

    fn accept(&mut self, accepted: event::Accepted) {
        self.accepted += 1;
        self.retry_safe &= accepted.origin != event::IdOrigin::Random;
        self.units.push(EnvelopeUnit::Item {
            item: accepted.item,
            altered: accepted.altered,
        });
    }

    fn refuse(&mut self, index: usize, refusal: Refusal, bytes: &str) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let kept = fields::cut(bytes, empmix_model::limits::REFUSED_BYTES).to_owned();
        self.units.push(EnvelopeUnit::Refused(Refused {
            index,
            kind: refusal.kind.name().to_owned(),
            message: refusal.message.clone(),
            bytes: kept,
        }));
        self.rejected.push(Rejected { index, refusal });
    }
}
