//! New facts, applied to what is stored of the ids that they name.
//!
//! A store loads a [`Neighbourhood`]: the states of the ids that the new facts name and of their
//! users, and the links that begin at those ids. [`Neighbourhood::apply`] says what to write. Its
//! cost does not depend on how many facts are stored.
//!
//! A fact whose key is the latest of the two groups that it names has the effect that it has in a
//! fold of everything: no fact after it reads these groups. An earlier fact has that effect too
//! when
//! * no link was accepted in either group since, so that the groups were then what they are now, and
//! * it is refused, or its source's group was not named since: what was refused since in the
//!   destination's group stays refused, for the same reason, in a group that is larger.
//!
//! Any other fact may undo what came after it. Its ids are in [`Changes::refold`]: the store writes
//! everything else, and then folds the facts of all ids that links connect with these.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Fact, FactKey, FoldedLink, Link, LinkRefusal,
    fold::in_key_order,
    state::{Ends, Group, IdState, IdentityLimits},
};
use crate::item::Authority;

/// What is stored of the ids that new facts name.
#[derive(Debug, Default)]
pub struct Neighbourhood {
    limits: IdentityLimits,
    ids: HashMap<String, IdState>,
    /// Links by source, in any order.
    links: HashMap<String, Vec<FoldedLink>>,
    /// The other ids of users that are linked.
    members: HashMap<String, Vec<String>>,
    /// Users whose state waits for a fold.
    stale: HashSet<String>,
    written: Written,
}

/// What is to be written, by its key.
#[derive(Debug, Default)]
struct Written {
    ids: BTreeSet<String>,
    links: BTreeSet<(String, String, bool)>,
    evicted: Vec<Link>,
    beyond: Vec<Link>,
    moved: BTreeMap<String, String>,
    refold: BTreeSet<String>,
}

/// What new facts change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Links that are new, or have another key or result than before.
    pub links: Vec<FoldedLink>,
    /// Stored links that are not kept any more: their source has too many.
    pub evicted: Vec<Link>,
    /// New links that are not kept: their source has too many.
    pub beyond: Vec<Link>,
    /// The states of ids that changed.
    pub ids: Vec<(String, IdState)>,
    /// Ids that belong to another user now, with that user.
    pub moved: BTreeMap<String, String>,
    /// Ids whose facts must be folded again once the changes are written.
    pub refold: BTreeSet<String>,
}

/// Whether a link is kept.
enum KeptLink {
    /// It is known with this key or an earlier one.
    Known,
    /// Its source has as many links with earlier keys as are kept.
    Beyond,
    /// It is kept, and moves or drops one that was accepted.
    UndoingOne,
    /// It is kept.
    Yes,
}

impl Neighbourhood {
    /// A neighbourhood in which nothing is stored.
    pub fn new(limits: IdentityLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// What is stored of an id: one that a fact names, or the user of such an id.
    pub fn add_id(&mut self, id: String, state: IdState) {
        self.ids.insert(id, state);
    }

    /// A stored link. Needed are those of clients whose source a fact names, and those that are
    /// equal to a new one.
    pub fn add_link(&mut self, folded: FoldedLink) {
        let links = self.links.entry(folded.link.source.clone()).or_default();
        links.push(folded);
    }

    /// Another id of a user. Needed are those of users that are the source of a new link.
    pub fn add_member(&mut self, user: &str, id: String, state: IdState) {
        let members = self.members.entry(user.to_owned()).or_default();
        members.push(id.clone());
        self.ids.insert(id, state);
    }

    /// The user of an id.
    pub fn user_of<'a>(&'a self, id: &'a str) -> &'a str {
        let state = self.ids.get(id);
        state.and_then(|state| state.user.as_deref()).unwrap_or(id)
    }

    /// The number of ids of a user.
    pub fn size_of(&self, user: &str) -> usize {
        self.group(user).ids
    }

    /// Applies new facts, which may be in any order and contain copies.
    pub fn apply(mut self, facts: impl IntoIterator<Item = Fact>) -> Changes {
        for fact in in_key_order(facts) {
            match fact {
                Fact::Identification { id, key } => self.identify(&id, key),
                Fact::Link(link) => self.link(link),
            }
        }
        self.changes()
    }

    fn changes(self) -> Changes {
        let Self {
            mut ids,
            links,
            written,
            ..
        } = self;
        let kept = links.into_values().flatten();
        let is_written = |folded: &FoldedLink| written.links.contains(&name_of(&folded.link));
        let states = written.ids.into_iter().map(|id| {
            let state = ids.remove(&id).unwrap_or_default();
            (id, state)
        });
        Changes {
            links: kept.filter(is_written).collect(),
            ids: states.collect(),
            evicted: written.evicted,
            beyond: written.beyond,
            moved: written.moved,
            refold: written.refold,
        }
    }

    fn identify(&mut self, id: &str, key: FactKey) {
        let state = self.ids.entry(id.to_owned()).or_default();
        if state.identified.is_some_and(|known| known <= key) {
            return;
        }
        state.identified = Some(key);
        self.written.ids.insert(id.to_owned());
        let is_undone = |folded: &FoldedLink| {
            let refused = [LinkRefusal::SourceLinked, LinkRefusal::SourceIdentified];
            folded.link.authority == Authority::Client
                && folded.link.key > key
                && !folded.refusal.is_some_and(|why| refused.contains(&why))
        };
        if self.links_of(id).any(is_undone) {
            self.refold(&[id]);
        }
    }

    fn link(&mut self, link: Link) {
        match self.keep(&link) {
            KeptLink::Known => return,
            KeptLink::Beyond => {
                self.identify(&link.destination, link.key);
                self.written.beyond.push(link);
                return;
            }
            KeptLink::UndoingOne => self.refold(&[&link.source, &link.destination]),
            KeptLink::Yes => {}
        }
        let refusal = self.place(&link);
        let (destination, key) = (link.destination.clone(), link.key);
        self.written.links.insert(name_of(&link));
        self.add_link(FoldedLink { link, refusal });
        self.identify(&destination, key);
    }

    /// Whether a link is kept among those of its source, of which it may replace one.
    fn keep(&mut self, link: &Link) -> KeptLink {
        let links = self.links.entry(link.source.clone()).or_default();
        let equal = |other: &FoldedLink| {
            other.link.destination == link.destination && other.link.authority == link.authority
        };
        if let Some(at) = links.iter().position(equal) {
            if links[at].link.key <= link.key {
                return KeptLink::Known;
            }
            return match links.swap_remove(at).refusal {
                None => KeptLink::UndoingOne,
                Some(_) => KeptLink::Yes,
            };
        }
        if link.authority == Authority::Server {
            return KeptLink::Yes;
        }
        let of_clients = links
            .iter()
            .enumerate()
            .filter(|(_, other)| other.link.authority == Authority::Client);
        if of_clients.clone().count() < self.limits.client_links {
            return KeptLink::Yes;
        }
        let last = of_clients.max_by_key(|(_, other)| other.link.key);
        match last.map(|(at, other)| (at, other.link.key)) {
            Some((at, key)) if key > link.key => {
                let FoldedLink { link, refusal } = links.swap_remove(at);
                self.written.links.remove(&name_of(&link));
                let destination = link.destination.clone();
                self.written.evicted.push(link);
                if refusal.is_some() {
                    return KeptLink::Yes;
                }
                self.refold(&[&destination]);
                KeptLink::UndoingOne
            }
            _ => KeptLink::Beyond,
        }
    }

    /// The result of a link, whose effect is applied; `None` too for one that waits for a fold.
    fn place(&mut self, link: &Link) -> Option<LinkRefusal> {
        let source = self.user_of(&link.source).to_owned();
        let destination = self.user_of(&link.destination).to_owned();
        let (from, to) = (self.group(&source), self.group(&destination));
        let key = Some(link.key);
        let is_stale = self.stale.contains(&source) || self.stale.contains(&destination);
        if is_stale || from.changed > key || to.changed > key {
            self.refold(&[&link.source, &link.destination]);
            return None;
        }
        let state = self.ids.get(&link.source);
        let ends = Ends {
            source_linked: source != link.source,
            source_identified: state
                .is_some_and(|state| state.identified.is_some_and(|before| before < link.key)),
            same_user: destination == link.source,
            ids: from.ids + to.ids,
        };
        let refusal = ends.refusal(link.authority, self.limits);
        if refusal.is_some() {
            self.change_group(&source, |group| group.name(link.key));
            self.change_group(&destination, |group| group.name(link.key));
        } else if from.named > key {
            self.refold(&[&link.source, &link.destination]);
        } else {
            self.change_group(&destination, |group| group.absorb(from, link.key));
            self.join(&link.source, &destination);
        }
        refusal
    }

    /// Moves a user's ids to another user.
    fn join(&mut self, source: &str, user: &str) {
        let others = self.members.remove(source).unwrap_or_default();
        let moved = others.into_iter().chain([source.to_owned()]);
        for id in moved {
            let state = self.ids.entry(id.clone()).or_default();
            state.user = Some(user.to_owned());
            state.group = None;
            self.written.ids.insert(id.clone());
            self.written.moved.insert(id.clone(), user.to_owned());
            self.members.entry(user.to_owned()).or_default().push(id);
        }
    }

    fn group(&self, user: &str) -> Group {
        let state = self.ids.get(user);
        state.and_then(|state| state.group).unwrap_or(Group::SINGLE)
    }

    fn change_group(&mut self, user: &str, change: impl FnOnce(&mut Group)) {
        let state = self.ids.entry(user.to_owned()).or_default();
        change(state.group.get_or_insert(Group::SINGLE));
        self.written.ids.insert(user.to_owned());
    }

    fn links_of(&self, source: &str) -> impl Iterator<Item = &FoldedLink> {
        self.links.get(source).into_iter().flatten()
    }

    fn refold(&mut self, ids: &[&str]) {
        for id in ids {
            let user = self.user_of(id).to_owned();
            self.stale.insert(user);
            self.written.refold.insert((*id).to_owned());
        }
    }
}

/// Equal for two copies of a link.
pub(super) fn name_of(link: &Link) -> (String, String, bool) {
    let is_server = link.authority == Authority::Server;
    (link.source.clone(), link.destination.clone(), is_server)
}
