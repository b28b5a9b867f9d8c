//! New facts, and what they change.
//!
//! The states of the ids that facts name are loaded, the facts applied to them, and what changed is
//! written, all in the transaction that stores the instructions. Only a fact that comes out of order
//! folds the facts of a connected component of ids again ([`Neighbourhood`]).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use empmix_model::{
    identity::{Fact, FoldedLink, IdState, IdentityLimits, Link, Neighbourhood, fold},
    item::Authority,
};
use rusqlite::Connection;

use crate::catalogue::facts;
use empmix_store::StoreError;

/// What new facts changed.
#[derive(Debug, Default)]
pub(crate) struct IdentityChange {
    /// Ids that belong to another user than before, with that user.
    pub(crate) moved: BTreeMap<String, String>,
    /// Links that are refused now and were not before.
    pub(crate) refused: Vec<FoldedLink>,
    /// Links that are refused and not kept.
    pub(crate) beyond: Vec<Link>,
}

/// Applies new facts.
pub(crate) fn apply(
    connection: &Connection,
    project: i64,
    new: Vec<Fact>,
) -> Result<IdentityChange, StoreError> {
    if new.is_empty() {
        return Ok(IdentityChange::default());
    }
    let known = load(connection, project, &new)?;
    let changes = known.apply(new);
    for link in &changes.evicted {
        facts::delete_link(connection, project, link)?;
    }
    for folded in &changes.links {
        facts::put_link(connection, project, folded)?;
    }
    for (id, state) in &changes.ids {
        facts::put_state(connection, project, id, state)?;
    }
    let mut change = IdentityChange {
        moved: changes.moved,
        refused: changes.links,
        beyond: changes.beyond,
    };
    change.refused.retain(|folded| folded.refusal.is_some());
    change.beyond.extend(changes.evicted);
    if !changes.refold.is_empty() {
        let component = Component::around(connection, project, changes.refold)?;
        component.fold(connection, project, &mut change)?;
    }
    Ok(change)
}

/// What is stored of the ids that facts name.
fn load(connection: &Connection, project: i64, new: &[Fact]) -> Result<Neighbourhood, StoreError> {
    let mut near = Neighbourhood::new(IdentityLimits::default());
    let named: BTreeSet<&str> = new.iter().flat_map(Fact::ids).collect();
    for id in &named {
        let Some(state) = facts::state(connection, project, id)? else {
            continue;
        };
        if let Some(user) = &state.user
            && !named.contains(user.as_str())
        {
            let of_user = facts::state(connection, project, user)?.unwrap_or_default();
            near.add_id(user.clone(), of_user);
        }
        if state.group.is_some() || state.user.is_some() {
            for folded in facts::client_links_from(connection, project, id)? {
                near.add_link(folded);
            }
        }
        near.add_id((*id).to_owned(), state);
    }
    let mut sources = HashSet::new();
    for fact in new {
        let Fact::Link(link) = fact else { continue };
        if link.authority == Authority::Server
            && let Some(folded) = facts::link(connection, project, link)?
        {
            near.add_link(folded);
        }
        if near.size_of(&link.source) > 1 && sources.insert(&link.source) {
            for (id, state) in facts::members(connection, project, &link.source)? {
                near.add_member(&link.source, id, state);
            }
        }
    }
    Ok(near)
}

/// Ids that links connect, and every fact about them.
#[derive(Default)]
struct Component {
    ids: HashMap<String, IdState>,
    links: HashMap<LinkName, FoldedLink>,
}

/// Equal for two copies of a link: source, destination, whether a server states it.
type LinkName = (String, String, bool);

fn name_of(link: &Link) -> LinkName {
    let is_server = link.authority == Authority::Server;
    (link.source.clone(), link.destination.clone(), is_server)
}

impl Component {
    fn around(
        connection: &Connection,
        project: i64,
        ids: BTreeSet<String>,
    ) -> Result<Self, StoreError> {
        let mut component = Self::default();
        let mut seen: HashSet<String> = ids.iter().cloned().collect();
        let mut waiting: Vec<_> = ids.into_iter().collect();
        while let Some(id) = waiting.pop() {
            for folded in facts::links_of(connection, project, &id)? {
                for end in [&folded.link.source, &folded.link.destination] {
                    if seen.insert(end.clone()) {
                        waiting.push(end.clone());
                    }
                }
                component.links.insert(name_of(&folded.link), folded);
            }
            let state = facts::state(connection, project, &id)?.unwrap_or_default();
            component.ids.insert(id, state);
        }
        Ok(component)
    }

    /// Folds the facts and writes what the fold says differently from what was stored.
    fn fold(
        self,
        connection: &Connection,
        project: i64,
        change: &mut IdentityChange,
    ) -> Result<(), StoreError> {
        let links = self.links.values();
        let links = links.map(|folded| Fact::Link(folded.link.clone()));
        let identifications = self.ids.iter().filter_map(|(id, state)| {
            let key = state.identified?;
            Some(Fact::Identification {
                id: id.clone(),
                key,
            })
        });
        let identities = fold(links.chain(identifications));
        for folded in &identities.links {
            let before = self.links.get(&name_of(&folded.link));
            let before = before.and_then(|before| before.refusal);
            if before != folded.refusal {
                facts::put_link(connection, project, folded)?;
                if before.is_none() {
                    change.refused.push(folded.clone());
                }
            }
        }
        for (id, before) in self.ids {
            let state = identities.state_of(&id);
            if state.user != before.user {
                let user = state.user.as_ref().unwrap_or(&id);
                change.moved.insert(id.clone(), user.clone());
            }
            if state != before {
                facts::put_state(connection, project, &id, &state)?;
            }
        }
        Ok(())
    }
}
