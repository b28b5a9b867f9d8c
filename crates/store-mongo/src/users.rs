//! Which user an id is: what the last fold said, and what is not stamped on events yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use empmix_model::ids::ProjectId;
use mongodb::{
    Collection,
    bson::{Bson, Document, doc},
    options::{CollectionOptions, FindOptions, ReadConcern},
};

use super::{
    MongoStore,
    calls::listed,
    documents::project_id,
    facts::{broken, named_id},
    snapshot::Snapshot,
};
use empmix_store::StoreError;

/// Ids asked for at once.
const CHUNK: usize = 5_000;

impl MongoStore {
    /// A collection as the primary sees it now, not as a majority saw it a moment ago.
    pub(super) fn newest(&self, name: &str) -> Collection<Document> {
        let options = CollectionOptions::builder()
            .read_concern(ReadConcern::local())
            .build();
        self.db.collection_with_options(name, options)
    }

    /// The users of those of the ids that a fact names; the others are themselves.
    pub(super) async fn users(
        &self,
        project: ProjectId,
        ids: &[&str],
    ) -> Result<HashMap<String, String>, StoreError> {
        let mut users = HashMap::new();
        for ids in ids.chunks(CHUNK) {
            let found = listed(
                self.options.call_deadline,
                self.newest("ids")
                    .find(named(project, ids))
                    .projection(doc! {"u": 1}),
            )
            .await?;
            for document in &found {
                users.extend(resolution(document)?);
            }
        }
        Ok(users)
    }

    /// The same, as a snapshot has them.
    async fn users_in(
        &self,
        snapshot: &mut Snapshot<'_>,
        project: ProjectId,
        ids: &[&str],
    ) -> Result<HashMap<String, String>, StoreError> {
        let mut users = HashMap::new();
        for ids in ids.chunks(CHUNK) {
            let found = self.ids_in(snapshot, named(project, ids)).await?;
            users.extend(found.into_iter().flatten());
        }
        Ok(users)
    }

    /// The ids that are found in a snapshot, each with its user if it has one.
    async fn ids_in(
        &self,
        snapshot: &mut Snapshot<'_>,
        filter: Document,
    ) -> Result<Vec<Option<(String, String)>>, StoreError> {
        let user = FindOptions::builder().projection(doc! {"u": 1}).build();
        let deadline = self.options.call_deadline;
        let found: Vec<Document> = snapshot.find(deadline, "ids", filter, user).await?;
        found.iter().map(resolution).collect()
    }

    /// The ids whose events may still carry another user, with the user that they are, and the
    /// snapshot in which they may.
    pub(super) async fn unstamped(
        &self,
        project: ProjectId,
    ) -> Result<(BTreeMap<String, String>, Snapshot<'_>), StoreError> {
        let (restamps, mut snapshot) = self.few_restamps(project).await?;
        let ids: BTreeSet<&str> = restamps
            .iter()
            .flat_map(|restamp| restamp.ids.iter().map(String::as_str))
            .collect();
        let asked: Vec<&str> = ids.into_iter().collect();
        let mut users = self.users_in(&mut snapshot, project, &asked).await?;
        let resolved = |id: &str| {
            let user = users.remove(id).unwrap_or_else(|| id.to_owned());
            (id.to_owned(), user)
        };
        Ok((asked.into_iter().map(resolved).collect(), snapshot))
    }

    /// Every id of a user, itself included.
    pub(super) async fn ids_of(
        &self,
        snapshot: &mut Snapshot<'_>,
        project: ProjectId,
        user: &str,
    ) -> Result<Vec<String>, StoreError> {
        let filter = doc! {"p": project_id(project), "u": {"$eq": user}};
        let found = self.ids_in(snapshot, filter).await?;
        let mut ids: Vec<_> = found.into_iter().flatten().map(|(id, _)| id).collect();
        let itself = self.users_in(snapshot, project, &[user]).await?;
        if !itself.contains_key(user) {
            ids.push(user.to_owned());
        }
        Ok(ids)
    }
}

/// The documents of ids.
fn named(project: ProjectId, ids: &[&str]) -> Document {
    let keys: Vec<_> = ids.iter().map(|id| id_key(project, id)).collect();
    doc! {"_id": {"$in": keys}}
}

/// The `_id` of an id of a project.
pub(super) fn id_key(project: ProjectId, id: &str) -> Bson {
    Bson::Document(doc! {"p": project_id(project), "d": id})
}

/// An id and its user; `None` for one that has no user yet.
pub(super) fn resolution(document: &Document) -> Result<Option<(String, String)>, StoreError> {
    let id = named_id(document)?;
    match document.get("u") {
        None => Ok(None),
        Some(Bson::String(user)) => Ok(Some((id.to_owned(), user.clone()))),
        Some(_) => Err(broken(&format!("the user of the id {id:?}"))),
    }
}
