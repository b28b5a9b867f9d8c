//! The facts of a connected component of ids, loaded and folded again.

use std::collections::{BTreeMap, BTreeSet};

use empmix_model::identity::Component;
use mongodb::{
    ClientSession,
    error::{Error, Result as DriverResult},
};

use super::Turn;
use crate::{MongoStore, facts::folded_link};

impl MongoStore {
    /// Folds the facts of all ids that links connect with these, and writes what the fold says
    /// differently from what is stored. Returns the ids whose user changed.
    pub(super) async fn refold(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        ids: BTreeSet<String>,
    ) -> DriverResult<BTreeMap<String, String>> {
        let changes = self.component(session, turn, ids).await?.fold();
        self.write_changes(session, turn, &changes).await?;
        Ok(changes.moved)
    }

    async fn component(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        ids: BTreeSet<String>,
    ) -> DriverResult<Component> {
        let mut component = Component::around(ids);
        loop {
            let edge = component.take_edge();
            if edge.is_empty() {
                return Ok(component);
            }
            let ids: Vec<&str> = edge.iter().map(String::as_str).collect();
            for end in ["s", "d"] {
                let links = self
                    .found_by(session, "links", turn.project, end, &ids)
                    .await?;
                for document in links {
                    component.add_link(folded_link(&document).map_err(Error::custom)?);
                }
            }
            for (id, state) in self.states(session, turn, ids.into_iter()).await? {
                component.add_id(id, state);
            }
        }
    }
}
