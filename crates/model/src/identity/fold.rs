//! The definition: all facts, folded in key order.

use std::collections::{BTreeMap, HashMap};

use super::{
    Fact, FactKey, FoldedLink, Link,
    state::{Ends, Group, IdState, IdentityLimits},
};
use crate::item::Authority;

/// The result of a fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// The distinct links in key order, each accepted or refused.
    pub links: Vec<FoldedLink>,
    parents: HashMap<String, String>,
    identified: HashMap<String, FactKey>,
    groups: HashMap<String, Group>,
}

impl Identities {
    /// The user that an id resolves to: the end of its chain, or the id itself without a link.
    pub fn user_of<'a>(&'a self, id: &'a str) -> &'a str {
        let mut end = id;
        while let Some(parent) = self.parents.get(end) {
            end = parent;
        }
        end
    }

    /// Every id that has a link, with the user that it resolves to.
    pub fn users(&self) -> BTreeMap<&str, &str> {
        self.parents
            .keys()
            .map(|id| (id.as_str(), self.user_of(id)))
            .collect()
    }

    /// What the facts say about an id.
    pub fn state_of(&self, id: &str) -> IdState {
        let user = self.user_of(id);
        IdState {
            user: (user != id).then(|| user.to_owned()),
            identified: self.identified.get(id).copied(),
            group: self.groups.get(id).copied(),
        }
    }

    fn identify(&mut self, id: String, key: FactKey) {
        self.identified.entry(id).or_insert(key);
    }

    fn link(&mut self, link: Link, limits: IdentityLimits) {
        let source = self.user_of(&link.source).to_owned();
        let destination = self.user_of(&link.destination).to_owned();
        let ends = Ends {
            source_linked: self.parents.contains_key(&link.source),
            source_identified: self.identified.contains_key(&link.source),
            same_user: destination == link.source,
            ids: self.group(&source).ids + self.group(&destination).ids,
        };
        let refusal = ends.refusal(link.authority, limits);
        if refusal.is_none() {
            let moved = self.groups.remove(&source).unwrap_or(Group::SINGLE);
            self.group(&destination).absorb(moved, link.key);
            self.parents
                .insert(link.source.clone(), link.destination.clone());
        } else {
            self.group(&source).name(link.key);
            self.group(&destination).name(link.key);
        }
        self.identify(link.destination.clone(), link.key);
        self.links.push(FoldedLink { link, refusal });
    }

    fn group(&mut self, user: &str) -> &mut Group {
        self.groups.entry(user.to_owned()).or_insert(Group::SINGLE)
    }
}

/// Folds facts into users. The facts may be in any order and contain copies; of the links of one
/// source that clients state, those with the smallest keys count.
pub fn fold(facts: impl IntoIterator<Item = Fact>) -> Identities {
    fold_within(IdentityLimits::default(), facts)
}

/// [`fold`] with other limits.
pub fn fold_within(limits: IdentityLimits, facts: impl IntoIterator<Item = Fact>) -> Identities {
    let mut identities = Identities::default();
    let mut client_links: HashMap<String, usize> = HashMap::new();
    for fact in in_key_order(facts) {
        match fact {
            Fact::Identification { id, key } => identities.identify(id, key),
            Fact::Link(link) => {
                if link.authority == Authority::Client {
                    let links = client_links.entry(link.source.clone()).or_default();
                    *links += 1;
                    if *links > limits.client_links {
                        identities.identify(link.destination, link.key);
                        continue;
                    }
                }
                identities.link(link, limits);
            }
        }
    }
    identities
}

/// The earliest copy of each fact, in key order. Of the facts of one item, links come before the
/// identification.
pub(super) fn in_key_order(facts: impl IntoIterator<Item = Fact>) -> Vec<Fact> {
    let mut earliest: HashMap<FactIdentity, Fact> = HashMap::new();
    for fact in facts {
        let first = earliest
            .entry(FactIdentity::of(&fact))
            .or_insert_with(|| fact.clone());
        if fact.key() < first.key() {
            *first = fact;
        }
    }
    let mut facts: Vec<_> = earliest.into_values().collect();
    facts.sort_by_key(|fact| (fact.key(), matches!(fact, Fact::Identification { .. })));
    facts
}

/// Equal for two copies of a fact, even when their keys differ.
#[derive(PartialEq, Eq, Hash)]
enum FactIdentity {
    Link(Authority, String, String),
    Identification(String),
}

impl FactIdentity {
    fn of(fact: &Fact) -> Self {
        match fact {
            Fact::Link(link) => Self::Link(
                link.authority,
                link.source.clone(),
                link.destination.clone(),
            ),
            Fact::Identification { id, .. } => Self::Identification(id.clone()),
        }
    }
}
