//! What a store keeps of each id, so that a new fact is applied without folding the old ones.

use super::{FactKey, LinkRefusal};
use crate::{
    item::Authority,
    limits::{CLIENT_LINKS_PER_SOURCE, IDS_PER_USER},
};

/// The limits of a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityLimits {
    /// Ids that one user may have.
    pub ids_per_user: usize,
    /// Links of clients that are kept per source.
    pub client_links: usize,
}

impl Default for IdentityLimits {
    fn default() -> Self {
        Self {
            ids_per_user: IDS_PER_USER,
            client_links: CLIENT_LINKS_PER_SOURCE,
        }
    }
}

/// What the facts of a project say about one id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdState {
    /// The user that the id belongs to; `None` while it is its own user.
    pub user: Option<String>,
    /// The earliest fact that names the id as a user's own: an identification, or a link to it,
    /// whether the link is accepted, refused or no longer kept.
    pub identified: Option<FactKey>,
    /// The links of the user with this id; `None` for an id that no kept link names, and for an id
    /// that belongs to another user.
    pub group: Option<Group>,
}

/// What the facts of a project say about the ids of one user, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The number of ids, the user's own included.
    pub ids: usize,
    /// The last accepted link between ids of the group.
    pub changed: Option<FactKey>,
    /// The last link, accepted or refused, that names one of its ids.
    pub named: Option<FactKey>,
}

impl Group {
    /// An id that no link names.
    pub(super) const SINGLE: Self = Self {
        ids: 1,
        changed: None,
        named: None,
    };

    /// A group whose state is not known: every further fact about it needs a fold.
    pub const UNKNOWN: Self = Self {
        ids: 0,
        changed: Some(FactKey::LAST),
        named: Some(FactKey::LAST),
    };

    /// A link names one of the ids.
    pub(super) fn name(&mut self, key: FactKey) {
        self.named = self.named.max(Some(key));
    }

    /// The ids of another group are linked to this one.
    pub(super) fn absorb(&mut self, other: Self, key: FactKey) {
        self.ids += other.ids;
        self.changed = self.changed.max(other.changed).max(Some(key));
        self.named = self.named.max(other.named).max(Some(key));
    }
}

/// The two ends of a link just before it.
pub(super) struct Ends {
    /// Whether the source has a link.
    pub(super) source_linked: bool,
    /// Whether an earlier fact names the source as a user's own id.
    pub(super) source_identified: bool,
    /// Whether the source is the user of the destination.
    pub(super) same_user: bool,
    /// The ids of both users together.
    pub(super) ids: usize,
}

impl Ends {
    /// Why a link between them is refused, if it is.
    pub(super) fn refusal(
        &self,
        authority: Authority,
        limits: IdentityLimits,
    ) -> Option<LinkRefusal> {
        if self.source_linked {
            Some(LinkRefusal::SourceLinked)
        } else if authority == Authority::Client && self.source_identified {
            Some(LinkRefusal::SourceIdentified)
        } else if self.same_user {
            Some(LinkRefusal::SameUser)
        } else if self.ids > limits.ids_per_user {
            Some(LinkRefusal::TooManyIds)
        } else {
            None
        }
    }
}
