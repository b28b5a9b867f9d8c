//! The facts of a connected component of ids, folded again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Changes, Fact, FoldedLink, IdState, fold, step::name_of};

/// Ids that links connect, and every fact about them, collected from what is stored.
///
/// Take the edge, add what is stored of its ids and every link that ends in one of them, and repeat
/// until the edge is empty.
#[derive(Debug, Default)]
pub struct Component {
    ids: BTreeMap<String, IdState>,
    links: HashMap<(String, String, bool), FoldedLink>,
    /// Ids that were found and not taken yet.
    edge: BTreeSet<String>,
}

impl Component {
    /// The component around some ids, before anything of it is loaded.
    pub fn around(ids: BTreeSet<String>) -> Self {
        Self {
            edge: ids,
            ..Self::default()
        }
    }

    /// The ids that are to be loaded next.
    pub fn take_edge(&mut self) -> BTreeSet<String> {
        let edge = std::mem::take(&mut self.edge);
        for id in &edge {
            self.ids.entry(id.clone()).or_default();
        }
        edge
    }

    /// What is stored of an id of the edge; an id without it is in no fact but links.
    pub fn add_id(&mut self, id: String, state: IdState) {
        self.ids.insert(id, state);
    }

    /// A stored link of an id of the edge.
    pub fn add_link(&mut self, folded: FoldedLink) {
        for end in [&folded.link.source, &folded.link.destination] {
            if !self.ids.contains_key(end) {
                self.edge.insert(end.clone());
            }
        }
        self.links.insert(name_of(&folded.link), folded);
    }

    /// What the fold of the facts says differently from what is stored.
    pub fn fold(self) -> Changes {
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
        let mut changes = Changes::default();
        for (id, before) in self.ids {
            let state = identities.state_of(&id);
            if state.user != before.user {
                let user = state.user.as_ref().unwrap_or(&id);
                changes.moved.insert(id.clone(), user.clone());
            }
            if state != before {
                changes.ids.push((id, state));
            }
        }
        let is_new = |folded: &FoldedLink| self.links.get(&name_of(&folded.link)) != Some(folded);
        changes.links = identities.links;
        changes.links.retain(is_new);
        changes
    }
}
