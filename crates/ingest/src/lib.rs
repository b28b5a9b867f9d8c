//! Bytes to events: what a client sent becomes items, or a refusal that names the parameter.
//!
//! Pure functions. The receipt time and randomness are passed in ([`Context`]). It must not know
//! HTTP, keys, brokers or stores.
//!
//! | module | does |
//! | --- | --- |
//! | [`json`] | reads a body, keeps numbers within f64 |
//! | [`fields`] | names, ids, property trees: their limits |
//! | [`time`] | the unit of a timestamp, clock skew, the future |
//! | [`event`] | one event object to one item |
//! | [`track`], [`identify`] | the bodies of the public API |
//! | [`lines`] | the lines of an import |
//! | [`pack`] | items to envelopes of bounded size |

pub mod event;
pub mod fields;
pub mod identify;
pub mod json;
pub mod lines;
pub mod pack;
pub mod refusal;
pub mod time;
pub mod track;

pub use pack::{Unit, pack};
pub use refusal::{Refusal, RefusalKind};

use empmix_model::{EpochMs, envelope::Source, item::Authority, warning::Refused};

/// What the rules need to know of a request besides its bytes.
pub struct Context<'a> {
    /// When the request was received.
    pub received_at: EpochMs,
    /// Whose word it is, by the key that it came with.
    pub authority: Authority,
    /// The way in; decides which time rules hold.
    pub source: Source,
    /// Makes an insert id for an item that has none and no time either.
    pub random_id: &'a mut dyn FnMut() -> String,
}

/// What a request became.
#[derive(Debug, Default)]
pub struct Decoded {
    /// What is published, in the request's order: accepted items and refused ones.
    pub units: Vec<Unit>,
    /// How many items were accepted.
    pub accepted: usize,
    /// What was refused.
    pub rejected: Vec<Rejected>,
    /// Whether sending the request again can never count anything twice.
    pub retry_safe: bool,
}

/// A refused event of a batch, as the reply names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its index in the request.
    pub index: u32,
    /// Why.
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
        self.retry_safe &= accepted.retry_safe;
        self.units.push(Unit::Item {
            item: accepted.item,
            altered: accepted.altered,
        });
    }

    fn refuse(&mut self, index: usize, refusal: Refusal, bytes: &str) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let kept = fields::cut(bytes, empmix_model::limits::REFUSED_BYTES).to_owned();
        self.units.push(Unit::Refused(Refused {
            index,
            kind: refusal.kind.name().to_owned(),
            message: refusal.message.clone(),
            bytes: kept,
        }));
        self.rejected.push(Rejected { index, refusal });
    }
}
