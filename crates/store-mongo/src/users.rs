//! Which user an id is: what the last fold said, and what is not stamped on events yet.

use std::collections::{BTreeMap, HashMap};

use empmix_model::ids::ProjectId;
use mongodb::{
    Collection,
    bson::{Bson, Document, doc},
    options::{CollectionOptions, ReadConcern},
};

use super::{
    MongoStore,
    calls::listed,
    documents::project_id,
    facts::{broken, named_id},
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
            let keys: Vec<_> = ids.iter().map(|id| id_key(project, id)).collect();
            let found = listed(
                self.options.call_deadline,
                self.newest("ids")
                    .find(doc! {"_id": {"$in": keys}})
                    .projection(doc! {"u": 1}),
            )
            .await?;
            for document in &found {
                users.extend(resolution(document)?);
            }
        }
        Ok(users)
    }

    /// The ids whose events may still carry another user, with the user that they are.
    pub(super) async fn unstamped(
        &self,
        project: ProjectId,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let ids: Vec<String> = self
            .few_restamps(project)
            .await?
            .into_iter()
            .flat_map(|restamp| restamp.ids)
            .collect();
        let asked: Vec<_> = ids.iter().map(String::as_str).collect();
        let mut users = self.users(project, &asked).await?;
        let resolved = |id: String| {
            let user = users.remove(&id).unwrap_or_else(|| id.clone());
            (id, user)
        };
        let mut ids = ids;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids.into_iter().map(resolved).collect())
    }

    /// Every id of a user, itself included.
    pub(super) async fn ids_of(
        &self,
        project: ProjectId,
        user: &str,
    ) -> Result<Vec<String>, StoreError> {
        let filter = doc! {"p": project_id(project), "u": {"$eq": user}};
        let found = listed(
            self.options.call_deadline,
            self.newest("ids").find(filter).projection(doc! {"u": 1}),
        )
        .await?;
        let mut ids = Vec::new();
        for document in &found {
            ids.extend(resolution(document)?.map(|(id, _)| id));
        }
        if !self.users(project, &[user]).await?.contains_key(user) {
            ids.push(user.to_owned());
        }
        Ok(ids)
    }
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
