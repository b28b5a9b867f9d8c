//! Identity: facts, and the fold from facts to users.
//!
//! A *fact* is a link (source → destination) or an identification (this id is a user's own). Each
//! has a [`FactKey`]; of several copies of one fact the earliest key counts. The map from distinct
//! id to user is the fold of a project's facts in key order, so it does not depend on the order in
//! which facts arrive. A fact that arrives late with an earlier key may undo a link.
//!
//! The rules, in key order:
//! * a link is refused when its source already has a link, when both ends already resolve to the
//!   same user, or when the user would have more than [`IDS_PER_USER`](crate::limits::IDS_PER_USER) ids;
//! * a client's link is also refused when its source is *identified*: an earlier link, refused or
//!   not, names it as destination, or an earlier identification names it. Therefore a client cannot
//!   merge two identified users;
//! * the user is the id at the end of the chain of links; ids linked to a source follow it.
//!
//! * of the links of one source that clients state, the [`CLIENT_LINKS_PER_SOURCE`] with the smallest
//!   keys count. One beyond them is refused and not kept; it identifies its destination like any
//!   other.
//!
//! A fact affects only the ids that it names, so the fold of one connected component of ids needs
//! only the facts of that component ([`Component`]). Almost every new fact needs no fold at all: what it
//! changes follows from the states of the ids that it names ([`Neighbourhood`]).
//!
//! [`CLIENT_LINKS_PER_SOURCE`]: crate::limits::CLIENT_LINKS_PER_SOURCE

mod component;
mod fold;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use component::Component;
pub use fold::{Identities, fold, fold_within};
pub use state::{Group, IdState, IdentityLimits};
pub use step::{Changes, Neighbourhood};

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::{
    EpochMs,
    ids::{ItemHash, MessageId},
    item::{Action, Authority, Instruction},
};

/// The position of a fact in a project's history. The order is total, and every copy of a message
/// has the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FactKey {
    /// When the API received the request.
    pub received_at: EpochMs,
    /// The message that carried it.
    pub message_id: MessageId,
    /// The item's index in the message.
    pub index: u32,
}

/// A statement about which ids belong to a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fact {
    /// `source` belongs to `destination`.
    Link(Link),
    /// `id` is a user's own id.
    Identification {
        /// The id.
        id: String,
        /// Its position in the project's history.
        key: FactKey,
    },
}

/// `source` belongs to `destination`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The instruction that states the link.
    pub item: ItemHash,
    /// The id that is linked.
    pub source: String,
    /// The id that it is linked to.
    pub destination: String,
    /// The authority of the request.
    pub authority: Authority,
    /// Its position in the project's history.
    pub key: FactKey,
}

/// Why a link is refused.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LinkRefusal {
    /// The source already has a link.
    SourceLinked,
    /// The source is a user's own id, and a client states the link.
    SourceIdentified,
    /// Both ends already resolve to the same user.
    SameUser,
    /// The user would have too many ids.
    TooManyIds,
}

impl LinkRefusal {
    /// The text of the warning about the refused link.
    pub fn message(self) -> &'static str {
        match self {
            Self::SourceLinked => "The source id already belongs to a user.",
            Self::SourceIdentified => {
                "The source id is an identified user; only a secret key may merge two users."
            }
            Self::SameUser => "Both ids already belong to the same user.",
            Self::TooManyIds => "The user would have more than 1000 ids.",
        }
    }
}

/// A link and whether the fold accepts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldedLink {
    /// The link.
    pub link: Link,
    /// Why the link is refused; `None` when it is accepted.
    pub refusal: Option<LinkRefusal>,
}

/// The facts that an instruction states. The link of an `identify` always has a client's authority,
/// even when the request used a secret key.
pub fn facts_of(instruction: &Instruction, key: FactKey) -> Vec<Fact> {
    let link = |source: &String, authority: Authority| {
        Fact::Link(Link {
            item: instruction.id,
            source: source.clone(),
            destination: instruction.distinct_id.clone(),
            authority,
            key,
        })
    };
    match &instruction.action {
        Action::Link { source } => vec![link(source, instruction.authority)],
        Action::Identify {
            anonymous_id,
            properties,
            operations,
        } => {
            let only_operations =
                operations.is_some() && properties.is_none() && anonymous_id.is_none();
            let identification = Fact::Identification {
                id: instruction.distinct_id.clone(),
                key,
            };
            let own = (!only_operations).then_some(identification);
            anonymous_id
                .iter()
                .filter(|id| **id != instruction.distinct_id)
                .map(|source| link(source, Authority::Client))
                .chain(own)
                .collect()
        }
    }
}

impl FactKey {
    /// Later than every key of a fact.
    pub const LAST: Self = Self {
        received_at: EpochMs::MAX,
        message_id: MessageId::max(),
        index: u32::MAX,
    };

    /// Bytes of [`FactKey::to_bytes`].
    pub const BYTES: usize = 28;

    /// The key as bytes that sort as keys do, for times from 1970 on: the time, the message, the
    /// index, each with the highest byte first.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.received_at.to_be_bytes());
        bytes[8..24].copy_from_slice(self.message_id.as_bytes());
        bytes[24..].copy_from_slice(&self.index.to_be_bytes());
        bytes
    }

    /// The key whose bytes these are.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let mut time = [0; 8];
        time.copy_from_slice(&bytes[..8]);
        let mut message = [0; 16];
        message.copy_from_slice(&bytes[8..24]);
        let mut index = [0; 4];
        index.copy_from_slice(&bytes[24..]);
        Self {
            received_at: EpochMs::from_be_bytes(time),
            message_id: MessageId::from_bytes(message),
            index: u32::from_be_bytes(index),
        }
    }
}

impl Fact {
    /// Its position in the project's history.
    pub fn key(&self) -> FactKey {
        match self {
            Self::Link(link) => link.key,
            Self::Identification { key, .. } => *key,
        }
    }

    /// The ids that it names.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Link(link) => (&link.source, Some(&link.destination)),
            Self::Identification { id, .. } => (id, None),
        };
        [Some(first), second]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}
