//! Facts in any order, in any batches, give what the fold of all of them gives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here fails the test"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use empmix_model::{
    identity::{
        Changes, Fact, FactKey, FoldedLink, Group, IdState, Identities, IdentityLimits, Link,
        Neighbourhood, fold_within,
    },
    ids::ItemHash,
    item::Authority,
};
use proptest::prelude::*;
use uuid::Uuid;

/// A store in memory, which keeps what a real one keeps.
struct StoredFacts {
    limits: IdentityLimits,
    ids: BTreeMap<String, IdState>,
    links: BTreeMap<(String, String, bool), FoldedLink>,
    folds: usize,
}

fn name(link: &Link) -> (String, String, bool) {
    let is_server = link.authority == Authority::Server;
    (link.source.clone(), link.destination.clone(), is_server)
}

impl StoredFacts {
    fn new(limits: IdentityLimits) -> Self {
        Self {
            limits,
            ids: BTreeMap::new(),
            links: BTreeMap::new(),
            folds: 0,
        }
    }

    fn take(&mut self, facts: &[Fact]) {
        let changes = self.neighbourhood(facts).apply(facts.iter().cloned());
        let refold = self.write(changes);
        if !refold.is_empty() {
            self.folds += 1;
            self.fold(refold);
        }
    }

    fn neighbourhood(&self, facts: &[Fact]) -> Neighbourhood {
        let mut near = Neighbourhood::new(self.limits);
        let named: BTreeSet<&str> = facts.iter().flat_map(Fact::ids).collect();
        for id in &named {
            let state = self.ids.get(*id).cloned().unwrap_or_default();
            if let Some(user) = &state.user {
                near.add_id(user.clone(), self.ids[user].clone());
            }
            near.add_id((*id).to_owned(), state);
        }
        for folded in self.links.values() {
            if named.contains(folded.link.source.as_str()) {
                near.add_link(folded.clone());
            }
        }
        for id in named {
            for member in self.members(id) {
                let state = self.ids[&member].clone();
                near.add_member(id, member, state);
            }
        }
        near
    }

    fn members(&self, user: &str) -> Vec<String> {
        let of_user = |(_, state): &(&String, &IdState)| state.user.as_deref() == Some(user);
        let members = self.ids.iter().filter(of_user);
        members.map(|(id, _)| id.clone()).collect()
    }

    fn write(&mut self, changes: Changes) -> BTreeSet<String> {
        for link in &changes.evicted {
            self.links.remove(&name(link));
        }
        for folded in changes.links {
            self.links.insert(name(&folded.link), folded);
        }
        for (id, user) in &changes.moved {
            let state = changes.ids.iter().find(|(other, _)| other == id);
            assert_eq!(state.unwrap().1.user.as_ref(), Some(user));
        }
        self.ids.extend(changes.ids);
        changes.refold
    }

    fn fold(&mut self, refold: BTreeSet<String>) {
        let mut ids = refold;
        loop {
            let near = self.links.values().map(|folded| &folded.link);
            let near =
                near.filter(|link| ids.contains(&link.source) || ids.contains(&link.destination));
            let reached: BTreeSet<String> = near
                .flat_map(|link| [link.source.clone(), link.destination.clone()])
                .collect();
            let before = ids.len();
            ids.extend(reached);
            if ids.len() == before {
                break;
            }
        }
        let links = self
            .links
            .values()
            .filter(|folded| ids.contains(&folded.link.source));
        let links = links.map(|folded| Fact::Link(folded.link.clone()));
        let identified = ids.iter().filter_map(|id| {
            let key = self.ids.get(id)?.identified?;
            Some(Fact::Identification {
                id: id.clone(),
                key,
            })
        });
        let folded = fold_within(self.limits, links.chain(identified));
        for id in ids {
            self.ids.insert(id.clone(), folded.state_of(&id));
        }
        for folded in folded.links {
            self.links.insert(name(&folded.link), folded);
        }
    }

    fn assert_is(&self, all: &Identities) {
        let users: BTreeMap<&str, &str> = self
            .ids
            .iter()
            .filter_map(|(id, state)| Some((id.as_str(), state.user.as_deref()?)))
            .collect();
        assert_eq!(users, all.users());
        let by_name = |links: Vec<&FoldedLink>| -> BTreeMap<_, FoldedLink> {
            links
                .into_iter()
                .map(|folded| (name(&folded.link), folded.clone()))
                .collect()
        };
        assert_eq!(
            by_name(self.links.values().collect()),
            by_name(all.links.iter().collect())
        );
        for (id, state) in &self.ids {
            let expected = all.state_of(id);
            assert_eq!(state.identified, expected.identified, "{id}");
            // A link that is no longer kept may have named a group.
            let ids = |state: &IdState| state.group.map_or(1, |group| group.ids);
            if state.user.is_none() {
                assert_eq!(ids(state), ids(&expected), "{id}");
            }
        }
    }
}

fn key(at: u16) -> FactKey {
    FactKey {
        received_at: i64::from(at),
        message_id: Uuid::nil(),
        index: 0,
    }
}

/// A fact between a few ids; `at` is its place in key order.
fn fact() -> impl Strategy<Value = (u8, u8, u8)> {
    (0_u8..8, 0_u8..8, 0_u8..6)
}

fn made(at: u16, (from, to, kind): (u8, u8, u8)) -> Fact {
    if kind == 0 {
        return Fact::Identification {
            id: format!("i{to}"),
            key: key(at),
        };
    }
    let authority = if kind < 5 {
        Authority::Client
    } else {
        Authority::Server
    };
    Fact::Link(Link {
        item: ItemHash([0; 16]),
        source: format!("i{from}"),
        destination: format!("i{to}"),
        authority,
        key: key(at),
    })
}

/// Facts in order of arrival: copies included, each near its place or anywhere.
fn arrivals() -> impl Strategy<Value = Vec<Fact>> {
    let facts = prop::collection::vec(fact(), 1..40);
    let moves = prop::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        0..12,
    );
    (facts, moves).prop_map(|(facts, moves)| {
        let mut facts: Vec<_> = (1..).zip(facts).map(|(at, fact)| made(at, fact)).collect();
        for (from, to) in moves {
            let fact = facts.remove(from.index(facts.len()));
            let to = to.index(facts.len() + 1);
            facts.insert(to, fact.clone());
            if to % 3 == 0 {
                facts.push(fact);
            }
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_order_and_any_batches_give_the_fold(
        facts in arrivals(),
        batch in 1_usize..6,
        ids_per_user in 2_usize..9,
        client_links in 1_usize..6,
    ) {
        let limits = IdentityLimits { ids_per_user, client_links };
        let mut kept = StoredFacts::new(limits);
        let mut seen = Vec::new();
        for facts in facts.chunks(batch) {
            kept.take(facts);
            seen.extend_from_slice(facts);
            kept.assert_is(&fold_within(limits, seen.clone()));
        }
    }

    /// Refused links that are not kept change no user, as long as no user is full.
    #[test]
    fn the_users_are_those_without_a_limit_of_links(facts in arrivals()) {
        let kept = IdentityLimits { ids_per_user: 1000, client_links: 1 };
        let all = IdentityLimits { client_links: usize::MAX, ..kept };
        let (kept, all) = (fold_within(kept, facts.clone()), fold_within(all, facts));
        prop_assert_eq!(kept.users(), all.users());
    }
}

#[test]
fn facts_in_key_order_are_never_folded_again() {
    let limits = IdentityLimits::default();
    let mut kept = StoredFacts::new(limits);
    let mut seen = Vec::new();
    for at in 1..400_u16 {
        let (from, to) = (
            u8::try_from(at % 19).unwrap(),
            u8::try_from(at % 23).unwrap(),
        );
        let kind = u8::try_from(at % 6).unwrap();
        let fact = made(at, (from, to, kind));
        kept.take(std::slice::from_ref(&fact));
        seen.push(fact);
    }
    kept.assert_is(&fold_within(limits, seen));
    assert_eq!(kept.folds, 0);
}

/// A shared id: many devices link to it at once, so that their facts come in any order.
#[test]
fn a_full_user_takes_late_links_without_a_fold() {
    let limits = IdentityLimits {
        ids_per_user: 5,
        client_links: 100,
    };
    let mut kept = StoredFacts::new(limits);
    let link = |at: u16| {
        Fact::Link(Link {
            item: ItemHash([0; 16]),
            source: format!("device {at}"),
            destination: "guest".into(),
            authority: Authority::Client,
            key: key(at),
        })
    };
    for at in 1..=10 {
        kept.take(&[link(at)]);
    }
    for at in (11..300).rev() {
        kept.take(&[link(at)]);
    }
    assert_eq!(kept.folds, 0);
    assert_eq!(kept.members("guest").len(), 4);
}

/// What another release wrote without states is folded before it is trusted.
#[test]
fn an_unknown_group_is_folded() {
    let limits = IdentityLimits::default();
    let facts: Vec<_> = [(0, 1, 1), (2, 1, 1), (1, 3, 5)]
        .into_iter()
        .zip(1..)
        .map(|(fact, at)| made(at, fact))
        .collect();
    let mut kept = StoredFacts::new(limits);
    kept.take(&facts);
    let users: HashMap<_, _> = kept
        .ids
        .iter()
        .map(|(id, state)| (id.clone(), state.user.clone()))
        .collect();
    for (id, state) in &mut kept.ids {
        *state = IdState {
            user: users[id].clone(),
            identified: None,
            group: users[id].is_none().then_some(Group::UNKNOWN),
        };
    }
    let next = made(9, (4, 3, 1));
    kept.take(std::slice::from_ref(&next));
    let all: Vec<_> = facts.into_iter().chain([next]).collect();
    kept.assert_is(&fold_within(limits, all));
    assert_eq!(kept.folds, 1);
}
