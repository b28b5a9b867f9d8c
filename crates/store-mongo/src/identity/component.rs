//! The facts of a connected component of ids, folded again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use empmix_model::{
    identity::{Changes, Fact, FoldedLink, IdState, Identities, fold},
    ids::ProjectId,
};
use mongodb::{
    ClientSession,
    error::{Error, Result as DriverResult},
};

use super::Turn;
use crate::{
    MongoStore,
    facts::{folded_link, link_key},
};

/// Ids that links connect, and every fact about them.
#[derive(Default)]
struct Component {
    ids: BTreeMap<String, IdState>,
    links: HashMap<String, FoldedLink>,
}

impl MongoStore {
    /// Folds the facts of all ids that links connect with these, and writes what the fold says
    /// differently from what is stored. Returns the ids whose user changed.
    pub(super) async fn refold(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        ids: BTreeSet<String>,
    ) -> DriverResult<BTreeMap<String, String>> {
        let component = self.component(session, turn, ids).await?;
        let changes = component.changes(turn.project);
        self.write_changes(session, turn, &changes).await?;
        Ok(changes.moved)
    }

    async fn component(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        mut edge: BTreeSet<String>,
    ) -> DriverResult<Component> {
        let mut component = Component::default();
        let mut seen = BTreeSet::new();
        while !edge.is_empty() {
            seen.extend(edge.iter().cloned());
            let ids: Vec<&str> = edge.iter().map(String::as_str).collect();
            let mut next = BTreeSet::new();
            for end in ["s", "d"] {
                let links = self
                    .found_by(session, "links", turn.project, end, &ids)
                    .await?;
                for document in links {
                    let folded = folded_link(&document).map_err(Error::custom)?;
                    for id in [&folded.link.source, &folded.link.destination] {
                        if !seen.contains(id) {
                            next.insert(id.clone());
                        }
                    }
                    let key = link_key(turn.project, &folded.link).to_string();
                    component.links.insert(key, folded);
                }
            }
            edge = next;
        }
        let ids = seen.iter().map(String::as_str);
        component.ids = self.states(session, turn, ids).await?;
        for id in seen {
            component.ids.entry(id).or_default();
        }
        Ok(component)
    }
}

impl Component {
    fn changes(&self, project: ProjectId) -> Changes {
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
        let mut changes = self.states(&identities);
        for folded in identities.links {
            let before = self.links.get(&link_key(project, &folded.link).to_string());
            if before != Some(&folded) {
                changes.links.push(folded);
            }
        }
        changes
    }

    fn states(&self, identities: &Identities) -> Changes {
        let mut changes = Changes::default();
        for (id, before) in &self.ids {
            let state = identities.state_of(id);
            if state.user != before.user {
                let user = state.user.as_ref().unwrap_or(id);
                changes.moved.insert(id.clone(), user.clone());
            }
            if state != *before {
                changes.ids.push((id.clone(), state));
            }
        }
        changes
    }
}
