//! New facts, and the fold of the ids that they touch.
//!
//! A fact can only change what the fold says of ids that links connect with the ids it names, so
//! only that connected component is folded again. Its users and results are written in the
//! transaction that keeps the fact.

use std::collections::{HashMap, HashSet};

use empmix_model::identity::{Fact, FoldedLink, LinkRefusal, fold};
use rusqlite::Connection;

use crate::catalogue::facts;
use empmix_store::StoreError;

/// What new facts changed.
#[derive(Debug, Default)]
pub(crate) struct IdentityChange {
    /// Ids of the components that were folded, with their users now.
    pub(crate) users: Vec<(String, String)>,
    /// Links that are refused now and were not before.
    pub(crate) refused: Vec<FoldedLink>,
}

/// Keeps facts and folds what they touch.
pub(crate) fn apply(
    connection: &Connection,
    project: i64,
    new: &[Fact],
) -> Result<IdentityChange, StoreError> {
    let mut touched = Vec::new();
    for fact in new {
        if facts::keep(connection, project, fact)? {
            match fact {
                Fact::Link(link) => {
                    touched.push(link.source.clone());
                    touched.push(link.destination.clone());
                }
                Fact::Identification { id, .. } => touched.push(id.clone()),
            }
        }
    }
    if touched.is_empty() {
        return Ok(IdentityChange::default());
    }
    let component = Component::around(connection, project, touched)?;
    component.fold(connection, project)
}

/// Ids that links connect, and every fact about them.
struct Component {
    ids: HashSet<String>,
    links: HashMap<LinkKey, FoldedLink>,
    identifications: Vec<Fact>,
}

/// What makes a stored link the same: source, destination, whether it is a server's.
type LinkKey = (String, String, bool);

fn key_of(folded: &FoldedLink) -> LinkKey {
    let link = &folded.link;
    (
        link.source.clone(),
        link.destination.clone(),
        link.authority == empmix_model::item::Authority::Server,
    )
}

impl Component {
    fn around(
        connection: &Connection,
        project: i64,
        touched: Vec<String>,
    ) -> Result<Self, StoreError> {
        let mut component = Self {
            ids: HashSet::new(),
            links: HashMap::new(),
            identifications: Vec::new(),
        };
        let mut waiting = touched;
        while let Some(id) = waiting.pop() {
            if component.ids.contains(&id) {
                continue;
            }
            for folded in facts::links_of(connection, project, &id)? {
                waiting.push(folded.link.source.clone());
                waiting.push(folded.link.destination.clone());
                component.links.insert(key_of(&folded), folded);
            }
            component
                .identifications
                .extend(facts::identification_of(connection, project, &id)?);
            component.ids.insert(id);
        }
        Ok(component)
    }

    fn fold(self, connection: &Connection, project: i64) -> Result<IdentityChange, StoreError> {
        let mut change = IdentityChange::default();
        if self.links.is_empty() {
            return Ok(change);
        }
        let links = self.links.values().map(|folded| folded.link.clone());
        let identities = fold(links.map(Fact::Link).chain(self.identifications));
        for folded in &identities.links {
            let before: Option<LinkRefusal> = self
                .links
                .get(&key_of(folded))
                .and_then(|before| before.refusal);
            if before != folded.refusal {
                facts::classify(connection, project, folded)?;
                if before.is_none() {
                    change.refused.push(folded.clone());
                }
            }
        }
        for id in self.ids {
            let user = identities.user_of(&id).to_owned();
            let linked = (user != id).then_some(user.as_str());
            facts::set_user(connection, project, &id, linked)?;
            change.users.push((id, user));
        }
        Ok(change)
    }
}
