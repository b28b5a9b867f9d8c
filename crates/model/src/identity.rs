//! Identity: facts, and the fold from facts to users.
//!
//! A *fact* is a link (source → destination) or an identification (this id is a user's own). Each
//! has a [`FactKey`]; of several copies of one fact the earliest key counts. The map from distinct
//! id to user is the fold of a project's facts in key order, so it does not depend on the order in
//! which facts arrive. A fact that arrives late with an earlier key may undo a link.
//!
//! The rules, in key order:
//! * a link is refused when its source already has a link, when both ends already resolve to the
//!   same user, or when the user would have more than [`IDS_PER_USER`] ids;
//! * a client's link is also refused when its source is *identified*: an earlier link, refused or
//!   not, names it as destination, or an earlier identification names it. Therefore a client cannot
//!   merge two identified users;
//! * the user is the id at the end of the chain of links; ids linked to a source follow it.
//!
//! A fact affects only the ids that it names, so the fold of one connected component of ids needs
//! only the facts of that component.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::{
    EpochMs,
    ids::{ItemHash, MessageId},
    item::{Action, Authority, Instruction},
    limits::IDS_PER_USER,
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

/// The result of a fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// The distinct links in key order, each accepted or refused.
    pub links: Vec<FoldedLink>,
    parents: HashMap<String, String>,
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
}

/// Folds facts into users. The facts may be in any order and contain copies.
pub fn fold(facts: impl IntoIterator<Item = Fact>) -> Identities {
    let mut fold = Fold::default();
    for fact in in_key_order(facts) {
        match fact {
            Fact::Identification { id, .. } => {
                fold.identified.insert(id);
            }
            Fact::Link(link) => fold.link(link),
        }
    }
    fold.result
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

#[derive(Default)]
struct Fold {
    result: Identities,
    identified: HashSet<String>,
    sizes: HashMap<String, usize>,
}

impl Fold {
    fn link(&mut self, link: Link) {
        let refusal = self.refusal_of(&link);
        if refusal.is_none() {
            let user = self.result.user_of(&link.destination).to_owned();
            let size = self.size(&user) + self.size(&link.source);
            self.sizes.insert(user, size);
            self.result
                .parents
                .insert(link.source.clone(), link.destination.clone());
        }
        self.identified.insert(link.destination.clone());
        self.result.links.push(FoldedLink { link, refusal });
    }

    /// Why the link is refused, given the facts folded so far.
    fn refusal_of(&self, link: &Link) -> Option<LinkRefusal> {
        let user = self.result.user_of(&link.destination);
        if self.result.parents.contains_key(&link.source) {
            Some(LinkRefusal::SourceLinked)
        } else if link.authority == Authority::Client && self.identified.contains(&link.source) {
            Some(LinkRefusal::SourceIdentified)
        } else if user == link.source {
            Some(LinkRefusal::SameUser)
        } else if self.size(user) + self.size(&link.source) > IDS_PER_USER {
            Some(LinkRefusal::TooManyIds)
        } else {
            None
        }
    }

    /// The number of ids of a user, including its own.
    fn size(&self, user: &str) -> usize {
        self.sizes.get(user).copied().unwrap_or(1)
    }
}

/// The earliest copy of each fact, in key order. Of the facts of one item, links come before the
/// identification.
fn in_key_order(facts: impl IntoIterator<Item = Fact>) -> Vec<Fact> {
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

impl Fact {
    /// Its position in the project's history.
    pub fn key(&self) -> FactKey {
        match self {
            Self::Link(link) => link.key,
            Self::Identification { key, .. } => *key,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(at: i64) -> FactKey {
        FactKey {
            received_at: at,
            message_id: Uuid::nil(),
            index: 0,
        }
    }

    fn link(at: i64, source: &str, destination: &str, authority: Authority) -> Fact {
        Fact::Link(Link {
            item: ItemHash([u8::try_from(at).unwrap(); 16]),
            source: source.into(),
            destination: destination.into(),
            authority,
            key: key(at),
        })
    }

    /// The documented example: five facts, one user B = {d1, A, B}.
    fn example() -> Vec<Fact> {
        use Authority::{Client, Server};
        vec![
            link(1, "d1", "A", Client),
            link(2, "d1", "B", Client),
            link(3, "A", "B", Client),
            link(4, "A", "B", Server),
            link(5, "B", "A", Server),
        ]
    }

    fn permutations<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
        if of.is_empty() {
            return vec![Vec::new()];
        }
        (0..of.len())
            .flat_map(|first| {
                let mut rest = of.to_vec();
                let head = rest.remove(first);
                permutations(&rest)
                    .into_iter()
                    .map(move |tail| [vec![head.clone()], tail].concat())
            })
            .collect()
    }

    #[test]
    fn every_order_of_arrival_gives_the_same_user() {
        let orders = permutations(&example());
        assert_eq!(orders.len(), 120);
        for order in orders {
            let identities = fold(order);
            assert_eq!(["d1", "A", "B"].map(|id| identities.user_of(id)), ["B"; 3]);
            let refusals: Vec<_> = identities.links.iter().map(|link| link.refusal).collect();
            let expected = [
                None,
                Some(LinkRefusal::SourceLinked),
                Some(LinkRefusal::SourceIdentified),
                None,
                Some(LinkRefusal::SameUser),
            ];
            assert_eq!(refusals, expected);
        }
    }

    #[test]
    fn a_late_fact_with_an_early_key_undoes_a_link() {
        let without: Vec<_> = example()
            .into_iter()
            .filter(|fact| fact.key() != key(4))
            .collect();
        assert_eq!(
            fold(without.clone()).user_of("B"),
            "A",
            "link 5 is accepted as long as link 4 is missing"
        );
        let with = without
            .into_iter()
            .chain([link(4, "A", "B", Authority::Server)]);
        assert_eq!(fold(with).user_of("A"), "B");
    }

    #[test]
    fn a_chain_of_server_links_is_one_user() {
        let identities = fold([
            link(1, "a", "b", Authority::Server),
            link(2, "b", "c", Authority::Server),
        ]);
        assert_eq!(identities.users(), BTreeMap::from([("a", "c"), ("b", "c")]));
    }

    #[test]
    fn a_copy_of_a_link_adds_neither_a_link_nor_a_refusal() {
        let again = link(9, "d1", "A", Authority::Client);
        let identities = fold([again, link(1, "d1", "A", Authority::Client)]);
        assert_eq!(identities.links.len(), 1);
        assert_eq!(identities.links[0].link.key, key(1));
    }

    #[test]
    fn a_client_cannot_link_an_identified_id() {
        let identified = Fact::Identification {
            id: "A".into(),
            key: key(1),
        };
        let identities = fold([link(2, "A", "B", Authority::Client), identified]);
        assert_eq!(
            identities.links[0].refusal,
            Some(LinkRefusal::SourceIdentified)
        );
    }

    #[test]
    fn a_user_has_at_most_a_thousand_ids() {
        let facts = (0..1001).map(|n| {
            Fact::Link(Link {
                item: ItemHash([0; 16]),
                source: format!("d{n}"),
                destination: "A".into(),
                authority: Authority::Server,
                key: key(n),
            })
        });
        let identities = fold(facts);
        let refused = identities
            .links
            .iter()
            .filter(|link| link.refusal.is_some())
            .count();
        assert_eq!(refused, 2, "A itself counts as one of the 1000 ids");
    }

    #[test]
    fn operations_alone_state_no_fact() {
        let instruction =
            |properties: Option<crate::Properties>, anonymous_id: Option<&str>| Instruction {
                id: ItemHash([0; 16]),
                distinct_id: "A".into(),
                time: 0,
                client_time: None,
                insert_id: "i".into(),
                authority: Authority::Client,
                action: Action::Identify {
                    anonymous_id: anonymous_id.map(Into::into),
                    properties,
                    operations: Some(crate::Properties::new()),
                },
            };
        assert_eq!(facts_of(&instruction(None, None), key(1)), []);
        assert_eq!(
            facts_of(&instruction(Some(crate::Properties::new()), None), key(1)).len(),
            1
        );
        assert_eq!(facts_of(&instruction(None, Some("d")), key(1)).len(), 2);
        assert_eq!(
            facts_of(&instruction(None, Some("A")), key(1)).len(),
            1,
            "an id is not linked to itself"
        );
    }

    #[test]
    fn an_identify_has_a_clients_authority_even_with_a_secret_key() {
        let instruction = Instruction {
            id: ItemHash([0; 16]),
            distinct_id: "A".into(),
            time: 0,
            client_time: None,
            insert_id: "i".into(),
            authority: Authority::Server,
            action: Action::Identify {
                anonymous_id: Some("d".into()),
                properties: None,
                operations: None,
            },
        };
        let Fact::Link(link) = &facts_of(&instruction, key(1))[0] else {
            panic!("expected a link")
        };
        assert_eq!(link.authority, Authority::Client);
    }
}
