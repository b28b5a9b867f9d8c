//! New facts, and what they change.
//!
//! The states of the ids that facts name are loaded, the facts applied to them, and what changed is
//! written, all in the transaction that stores the instructions. Only a fact that comes out of order
//! folds the facts of a connected component of ids again ([`Component`]).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use empmix_model::{
    identity::{Changes, Component, Fact, FoldedLink, IdentityLimits, Link, Neighbourhood},
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
    /// Links that are refused now, new or for another reason than before.
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
    let changes = load(connection, project, &new)?.apply(new);
    write(connection, project, &changes)?;
    let mut change = IdentityChange {
        moved: changes.moved,
        refused: changes.links,
        beyond: changes.beyond,
    };
    change.beyond.extend(changes.evicted);
    if !changes.refold.is_empty() {
        let folded = refold(connection, project, changes.refold)?;
        write(connection, project, &folded)?;
        change.moved.extend(folded.moved);
        change.refused.extend(folded.links);
    }
    change.refused.retain(|folded| folded.refusal.is_some());
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

/// Folds the facts of all ids that links connect with these.
fn refold(
    connection: &Connection,
    project: i64,
    ids: BTreeSet<String>,
) -> Result<Changes, StoreError> {
    let mut component = Component::around(ids);
    loop {
        let edge = component.take_edge();
        if edge.is_empty() {
            return Ok(component.fold());
        }
        for id in edge {
            for folded in facts::links_of(connection, project, &id)? {
                component.add_link(folded);
            }
            let state = facts::state(connection, project, &id)?.unwrap_or_default();
            component.add_id(id, state);
        }
    }
}

fn write(connection: &Connection, project: i64, changes: &Changes) -> Result<(), StoreError> {
    for link in &changes.evicted {
        facts::delete_link(connection, project, link)?;
    }
    for folded in &changes.links {
        facts::put_link(connection, project, folded)?;
    }
    for (id, state) in &changes.ids {
        facts::put_state(connection, project, id, state)?;
    }
    Ok(())
}
