//! Facts, applied in a transaction.
//!
//! The transaction counts up the project's `identity_version`, so two consumers take turns. It loads the
//! states of the ids that the facts name ([`load`]), applies the facts to them and writes what
//! changed ([`write`]). Only a fact that comes out of order folds the facts of a connected component
//! of ids again ([`component`]).
//!
//! **Beside an older release.** It folds whole components and keeps no groups. So each group has the
//! `identity_version` that wrote it, and the project has `identity_stepped`, the last version of this
//! release. Where another process counted in between, no group of before is trusted
//! (`identity_distrust`): the next fact about one folds it.

mod component;
mod load;
mod write;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use empmix_model::{
    identity::{Fact, FactKey, FoldedLink},
    ids::ProjectId,
};
use futures::{FutureExt, TryStreamExt};
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
    error::{Error, Result as DriverResult},
    options::{ReadConcern, ReturnDocument},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    MongoStore,
    calls::{listed, within},
    documents::project_id,
    facts::{broken, fact_id, folded_link, stored_key},
};
use empmix_store::StoreError;

/// Facts of one transaction.
const FACTS: usize = 1_000;
/// Values in one `$in`.
const CHUNK: usize = 5_000;

/// Batches with facts of a project take turns within a process, in the order in which they come: facts
/// out of order cost more, and of two transactions at once one would be made again.
#[derive(Debug, Default)]
pub(super) struct Order(Mutex<HashMap<ProjectId, Arc<tokio::sync::Mutex<()>>>>);

impl Order {
    /// Waits for those that came before.
    pub(super) async fn wait(&self, project: ProjectId) -> OwnedMutexGuard<()> {
        let of_project = {
            let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(batches.entry(project).or_default())
        };
        of_project.lock_owned().await
    }
}

/// The place of a transaction among those of its project.
#[derive(Debug, Clone, Copy)]
struct Turn {
    project: ProjectId,
    /// Counts the project's transactions.
    version: i64,
    /// Groups that an earlier version wrote are not trusted.
    distrust: i64,
}

impl MongoStore {
    /// Applies facts. Those that are known change nothing and cost one read.
    pub(super) async fn apply_facts(
        &self,
        project: ProjectId,
        facts: Vec<Fact>,
    ) -> Result<(), StoreError> {
        let mut news = within(self.options.call_deadline, self.news(project, facts)).await?;
        news.sort_by_key(Fact::key);
        for news in news.chunks(FACTS) {
            let call = async {
                let mut session = self.client.start_session().await?;
                session
                    .start_transaction()
                    .read_concern(ReadConcern::snapshot())
                    .write_concern(self.options.durable())
                    .and_run((self, news), |session, (store, news)| {
                        store.apply_in(session, project, news).boxed()
                    })
                    .await
            };
            within(self.options.call_deadline, call).await?;
            self.moved.notify_one();
        }
        Ok(())
    }

    /// Every kept link, in key order.
    pub(super) async fn all_links(
        &self,
        project: ProjectId,
    ) -> Result<Vec<FoldedLink>, StoreError> {
        let found = listed(
            self.options.query_deadline,
            self.newest("links")
                .find(doc! {"p": project_id(project)})
                .sort(doc! {"k": 1}),
        )
        .await?;
        found.iter().map(folded_link).collect()
    }

    /// The earliest copies of facts that are not known with that key or an earlier one.
    async fn news(&self, project: ProjectId, facts: Vec<Fact>) -> DriverResult<Vec<Fact>> {
        let mut earliest: BTreeMap<(bool, String), (Bson, Fact)> = BTreeMap::new();
        for fact in facts {
            let id = fact_id(project, &fact);
            let name = (matches!(fact, Fact::Link(_)), id.to_string());
            let known = earliest.entry(name).or_insert_with(|| (id, fact.clone()));
            if fact.key() < known.1.key() {
                known.1 = fact;
            }
        }
        let mut keys: HashMap<String, FactKey> = HashMap::new();
        for (collection, links) in [("links", true), ("ids", false)] {
            let ids: Vec<_> = earliest
                .iter()
                .filter(|((is_link, _), _)| *is_link == links)
                .map(|(_, (id, _))| id.clone())
                .collect();
            for ids in ids.chunks(CHUNK) {
                let found = self.newest(collection);
                let found = found
                    .find(doc! {"_id": {"$in": ids}})
                    .projection(doc! {"k": 1});
                for document in found.await?.try_collect::<Vec<_>>().await? {
                    let key = stored_key(&document).map_err(Error::custom)?;
                    if let (Some(id), Some(key)) = (document.get("_id"), key) {
                        keys.insert(id.to_string(), key);
                    }
                }
            }
        }
        let is_news = |name: &str, fact: &Fact| keys.get(name).is_none_or(|key| fact.key() < *key);
        Ok(earliest
            .into_iter()
            .filter(|((_, name), (_, fact))| is_news(name, fact))
            .map(|(_, (_, fact))| fact)
            .collect())
    }

    async fn apply_in(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        facts: &[Fact],
    ) -> DriverResult<()> {
        let turn = self.take_turn(session, project).await?;
        let near = self.neighbourhood(session, turn, facts).await?;
        let changes = near.apply(facts.iter().cloned());
        self.write_changes(session, turn, &changes).await?;
        let mut moved = changes.moved;
        if !changes.refold.is_empty() {
            moved.extend(self.refold(session, turn, changes.refold).await?);
        }
        self.write_restamps(session, project, moved.keys()).await
    }

    /// The first statement: of two transactions one waits here, and then sees the other's facts.
    async fn take_turn(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
    ) -> DriverResult<Turn> {
        let zero_or = |field: &str| doc! {"$ifNull": [format!("${field}"), 0_i64]};
        let version = zero_or("identity_version");
        let next = doc! {"$add": [version.clone(), 1_i64]};
        let is_ours = doc! {"$eq": [version, zero_or("identity_stepped")]};
        let distrust = doc! {"$cond": [is_ours, zero_or("identity_distrust"), next.clone()]};
        let set = doc! {"$set": {
            "identity_version": next.clone(),
            "identity_stepped": next,
            "identity_distrust": distrust,
        }};
        let counted = self
            .collection("projects")
            .find_one_and_update(doc! {"_id": project_id(project)}, vec![set])
            .return_document(ReturnDocument::After)
            .projection(doc! {"identity_version": 1, "identity_distrust": 1})
            .session(session)
            .await?;
        let counted = counted.ok_or_else(|| Error::custom(StoreError::NotFound("the project")))?;
        let number = |field| {
            let number = counted.get_i64(field);
            number.map_err(|_| Error::custom(broken("the identity version of a project")))
        };
        Ok(Turn {
            project,
            version: number("identity_version")?,
            distrust: number("identity_distrust")?,
        })
    }

    /// Everything that a filter finds, inside the transaction.
    async fn found(
        &self,
        session: &mut ClientSession,
        collection: &str,
        filter: Document,
    ) -> DriverResult<Vec<Document>> {
        let target = self.collection(collection);
        let mut cursor = target.find(filter).session(&mut *session).await?;
        cursor.stream(session).try_collect().await
    }

    /// The documents of a project whose `field` is one of `values`, inside the transaction.
    async fn found_by(
        &self,
        session: &mut ClientSession,
        collection: &str,
        project: ProjectId,
        field: &str,
        values: &[&str],
    ) -> DriverResult<Vec<Document>> {
        let mut found = Vec::new();
        for values in values.chunks(CHUNK) {
            let filter = doc! {"p": project_id(project), field: {"$in": values}};
            found.extend(self.found(session, collection, filter).await?);
        }
        Ok(found)
    }
}

/// The `_id` of the warning about a refused link.
pub(super) fn refused_link_id(link: &Bson) -> Document {
    doc! {"link": link.clone()}
}
