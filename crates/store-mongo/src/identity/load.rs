//! What is stored of the ids that new facts name.

use std::collections::{BTreeMap, BTreeSet};

use empmix_model::{
    identity::{Fact, Group, IdState, IdentityLimits, Neighbourhood},
    item::Authority,
};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
    error::{Error, Result as DriverResult},
};

use super::{CHUNK, Turn};
use crate::{
    MongoStore,
    documents::project_id,
    facts::{CLIENT, broken, folded_link, link_key, named_id, read_key, stored_key},
    users::{id_key, resolution},
};
use empmix_store::StoreError;

impl MongoStore {
    pub(super) async fn neighbourhood(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        facts: &[Fact],
    ) -> DriverResult<Neighbourhood> {
        let mut near = Neighbourhood::new(IdentityLimits::default());
        let named: BTreeSet<&str> = facts.iter().flat_map(Fact::ids).collect();
        let mut states = self.states(session, turn, named.iter().copied()).await?;
        let users: BTreeSet<String> = states
            .values()
            .filter_map(|state| state.user.clone())
            .filter(|user| !named.contains(user.as_str()))
            .collect();
        let users = users.iter().map(String::as_str);
        states.extend(self.states(session, turn, users).await?);
        for (id, state) in &states {
            near.add_id(id.clone(), state.clone());
        }
        let linked = |id: &&str| {
            let state = states.get(*id);
            state.is_some_and(|state| state.user.is_some() || state.group.is_some())
        };
        let sources: Vec<&str> = named.iter().copied().filter(linked).collect();
        for link in self.known_links(session, turn, &sources, facts).await? {
            near.add_link(folded_link(&link).map_err(Error::custom)?);
        }
        self.add_members(session, turn, &mut near, facts).await?;
        Ok(near)
    }

    /// The states of ids; one that no fact names has none.
    pub(super) async fn states<'a>(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        ids: impl Iterator<Item = &'a str>,
    ) -> DriverResult<BTreeMap<String, IdState>> {
        let keys: Vec<_> = ids.map(|id| id_key(turn.project, id)).collect();
        let mut states = BTreeMap::new();
        for keys in keys.chunks(CHUNK) {
            let filter = doc! {"_id": {"$in": keys}};
            for document in self.found(session, "ids", filter).await? {
                let (id, state) = state(&document, turn).map_err(Error::custom)?;
                states.insert(id, state);
            }
        }
        Ok(states)
    }

    /// The links of clients that begin at some ids, and the stored copies of new links.
    async fn known_links(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        sources: &[&str],
        facts: &[Fact],
    ) -> DriverResult<Vec<Document>> {
        let mut found = Vec::new();
        for sources in sources.chunks(CHUNK) {
            let filter = doc! {
                "p": project_id(turn.project), "s": {"$in": sources}, "_id.a": CLIENT,
            };
            found.extend(self.found(session, "links", filter).await?);
        }
        let of_servers = facts.iter().filter_map(|fact| match fact {
            Fact::Link(link) if link.authority == Authority::Server => {
                Some(link_key(turn.project, link))
            }
            _ => None,
        });
        let of_servers: Vec<_> = of_servers.collect();
        for keys in of_servers.chunks(CHUNK) {
            let filter = doc! {"_id": {"$in": keys}};
            found.extend(self.found(session, "links", filter).await?);
        }
        Ok(found)
    }

    /// The other ids of the users that are the source of a new link.
    async fn add_members(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        near: &mut Neighbourhood,
        facts: &[Fact],
    ) -> DriverResult<()> {
        let sources = facts.iter().filter_map(|fact| match fact {
            Fact::Link(link) if near.size_of(&link.source) > 1 => Some(link.source.as_str()),
            _ => None,
        });
        let users: BTreeSet<&str> = sources.collect();
        let users: Vec<&str> = users.into_iter().collect();
        for document in self
            .found_by(session, "ids", turn.project, "u", &users)
            .await?
        {
            let (id, state) = state(&document, turn).map_err(Error::custom)?;
            if let Some(user) = state.user.clone() {
                near.add_member(&user, id, state);
            }
        }
        Ok(())
    }
}

/// Reads what the facts say about an id.
fn state(document: &Document, turn: Turn) -> Result<(String, IdState), StoreError> {
    let id = named_id(document)?.to_owned();
    let user = resolution(document)?.map(|(_, user)| user);
    let is_own = user.as_ref() == Some(&id);
    let group = match document.get("g") {
        None => is_own.then_some(Group::UNKNOWN),
        Some(group) => {
            let group = group
                .as_document()
                .and_then(|group| read_group(group, turn));
            Some(group.ok_or_else(|| broken("the group of an id"))?)
        }
    };
    let state = IdState {
        user: user.filter(|_| !is_own),
        identified: stored_key(document)?,
        group,
    };
    Ok((id, state))
}

fn read_group(group: &Document, turn: Turn) -> Option<Group> {
    if group.get_i64("v").ok()? < turn.distrust {
        return Some(Group::UNKNOWN);
    }
    let key = |field: &str| match group.get(field) {
        None => Some(None),
        Some(key) => Some(Some(read_key(key.as_document()?)?)),
    };
    Some(Group {
        ids: usize::try_from(group.get_i64("n").ok()?).ok()?,
        changed: key("c")?,
        named: key("l")?,
    })
}
