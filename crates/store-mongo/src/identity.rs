//! Facts: applied in a transaction, folded over the connected component that they touch.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use empmix_model::{
    identity::{Fact, FactKey, FoldedLink, Identities, fold},
    ids::ProjectId,
};
use futures::{FutureExt, TryStreamExt};
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc, oid::ObjectId},
    error::{Error, Result as DriverResult},
    options::ReadConcern,
};

use super::{
    MongoStore,
    calls::{listed, within},
    connect::durable,
    documents::project_id,
    facts::{
        fact_id, folded_link, identification, key_document, link_document, link_key, refusal_value,
        stored_key,
    },
    restamp,
    users::{id_key, resolution},
    warnings::refused_link,
};
use empmix_store::StoreError;

/// Facts of one transaction.
const FACTS: usize = 500;
/// Values in one `$in`.
const CHUNK: usize = 5_000;

/// What a fold starts from.
#[derive(Default)]
struct Component {
    links: Vec<FoldedLink>,
    identifications: Vec<Fact>,
    /// The users before this fold; ids that are missing were themselves.
    users: HashMap<String, String>,
    /// Every id of it.
    ids: BTreeSet<String>,
}

impl MongoStore {
    /// Applies facts. Those that are known change nothing and cost one read.
    pub(super) async fn apply_facts(
        &self,
        project: ProjectId,
        facts: Vec<Fact>,
    ) -> Result<(), StoreError> {
        let news = within(self.options.call_deadline, self.news(project, facts, None)).await?;
        for news in news.chunks(FACTS) {
            let call = async {
                let mut session = self.client.start_session().await?;
                session
                    .start_transaction()
                    .read_concern(ReadConcern::snapshot())
                    .write_concern(durable())
                    .and_run((self, news), |session, (store, news)| {
                        store.apply_in(session, project, news.to_vec()).boxed()
                    })
                    .await
            };
            within(self.options.call_deadline, call).await?;
        }
        Ok(())
    }

    /// Every link ever said, in key order.
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
    async fn news(
        &self,
        project: ProjectId,
        facts: Vec<Fact>,
        mut session: Option<&mut ClientSession>,
    ) -> DriverResult<Vec<Fact>> {
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
            for document in self
                .by("_id", collection, ids, session.as_deref_mut())
                .await?
            {
                let key = stored_key(&document).map_err(Error::custom)?;
                if let (Some(id), Some(key)) = (document.get("_id"), key) {
                    keys.insert(id.to_string(), key);
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

    /// The documents whose `field` is one of `values`.
    async fn by(
        &self,
        field: &str,
        collection: &str,
        values: Vec<Bson>,
        mut session: Option<&mut ClientSession>,
    ) -> DriverResult<Vec<Document>> {
        let mut found = Vec::new();
        for values in values.chunks(CHUNK) {
            let filter = doc! {field: {"$in": values}};
            match session.as_deref_mut() {
                Some(session) => {
                    let target = self.collection(collection);
                    let mut cursor = target.find(filter).session(&mut *session).await?;
                    found.extend(cursor.stream(session).try_collect::<Vec<_>>().await?);
                }
                None => {
                    let cursor = self.newest(collection).find(filter).await?;
                    found.extend(cursor.try_collect::<Vec<_>>().await?);
                }
            }
        }
        Ok(found)
    }

    async fn apply_in(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        facts: Vec<Fact>,
    ) -> DriverResult<()> {
        // The first statement: of two transactions one waits here, and then sees the other's facts.
        let counted = self
            .collection("projects")
            .update_one(
                doc! {"_id": project_id(project)},
                doc! {"$inc": {"identity_version": 1_i64}},
            )
            .session(&mut *session)
            .await?;
        if counted.matched_count == 0 {
            return Err(Error::custom(StoreError::NotFound("the project")));
        }
        let news = self.news(project, facts, Some(&mut *session)).await?;
        if news.is_empty() {
            return Ok(());
        }
        let component = self.component(&mut *session, project, &news).await?;
        let known = component
            .links
            .iter()
            .map(|folded| Fact::Link(folded.link.clone()));
        let facts = known
            .chain(component.identifications.clone())
            .chain(news.clone());
        let folded = fold(facts);
        self.write_links(session, project, &component, &folded)
            .await?;
        self.write_users(session, project, &component, &folded, &news)
            .await
    }

    /// Everything that is known of the ids that are connected with the facts' ids.
    async fn component(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        facts: &[Fact],
    ) -> DriverResult<Component> {
        let mut component = Component::default();
        let mut links: BTreeMap<String, FoldedLink> = BTreeMap::new();
        let mut edge: BTreeSet<String> = facts.iter().flat_map(named).collect();
        while !edge.is_empty() {
            component.ids.extend(edge.iter().cloned());
            let mut next = BTreeSet::new();
            for document in self.touching(session, project, &edge).await? {
                let folded = folded_link(&document).map_err(Error::custom)?;
                for id in [&folded.link.source, &folded.link.destination] {
                    if !component.ids.contains(id) {
                        next.insert(id.clone());
                    }
                }
                links.insert(link_key(project, &folded.link).to_string(), folded);
            }
            edge = next;
        }
        component.links = links.into_values().collect();
        let ids = component.ids.iter().map(|id| id_key(project, id)).collect();
        for document in self.by("_id", "ids", ids, Some(session)).await? {
            let identification = identification(&document).map_err(Error::custom)?;
            component.identifications.extend(identification);
            component
                .users
                .extend(resolution(&document).map_err(Error::custom)?);
        }
        Ok(component)
    }

    /// The links that name one of the ids at either end.
    async fn touching(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        ids: &BTreeSet<String>,
    ) -> DriverResult<Vec<Document>> {
        let mut found = Vec::new();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        for ids in ids.chunks(CHUNK) {
            for end in ["s", "d"] {
                let filter = doc! {"p": project_id(project), end: {"$in": ids}};
                let target = self.collection("links");
                let mut cursor = target.find(filter).session(&mut *session).await?;
                found.extend(cursor.stream(session).try_collect::<Vec<_>>().await?);
            }
        }
        Ok(found)
    }

    /// Writes links that are new or folded again, and the warnings of refusals.
    async fn write_links(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        component: &Component,
        folded: &Identities,
    ) -> DriverResult<()> {
        let key = |folded: &FoldedLink| link_key(project, &folded.link).to_string();
        let before: HashMap<_, _> = component
            .links
            .iter()
            .map(|link| (key(link), link))
            .collect();
        let (mut links, mut refused, mut holding) = (Vec::new(), Vec::new(), Vec::new());
        for folded in &folded.links {
            let known = before.get(&key(folded));
            if known == Some(&folded) {
                continue;
            }
            let id = link_key(project, &folded.link);
            let mut document = link_document(project, &folded.link);
            document.insert("f", refusal_value(folded.refusal));
            links.push(doc! {"q": {"_id": id.clone()}, "u": {"$set": document}, "upsert": true});
            match folded.refusal {
                Some(refusal) => refused.push(refused_link(project, &folded.link, refusal)),
                None if known.is_some() => {
                    holding.push(doc! {"q": {"_id": refused_link_id(&id)}, "limit": 1});
                }
                None => {}
            }
        }
        self.updates(session, "links", links).await?;
        self.updates(session, "warnings", refused).await?;
        if !holding.is_empty() {
            let command = doc! {"delete": "warnings", "deletes": holding};
            checked(&self.db.run_command(command).session(session).await?)?;
        }
        Ok(())
    }

    /// Writes identifications and users, and the job that stamps events again.
    async fn write_users(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        component: &Component,
        folded: &Identities,
        news: &[Fact],
    ) -> DriverResult<()> {
        let identified: HashMap<&str, FactKey> = news
            .iter()
            .filter_map(|fact| match fact {
                Fact::Identification { id, key } => Some((id.as_str(), *key)),
                Fact::Link(_) => None,
            })
            .collect();
        let (mut updates, mut moved) = (Vec::new(), Vec::new());
        for id in &component.ids {
            let user = folded.user_of(id);
            let before = component.users.get(id).map_or(id.as_str(), String::as_str);
            let key = identified.get(id.as_str());
            if user == before && key.is_none() && component.users.contains_key(id) {
                continue;
            }
            let mut set = doc! {"p": project_id(project), "u": user};
            if let Some(key) = key {
                set.insert("k", key_document(*key));
            }
            updates
                .push(doc! {"q": {"_id": id_key(project, id)}, "u": {"$set": set}, "upsert": true});
            if user != before {
                moved.push(id.as_str());
            }
        }
        self.updates(session, "ids", updates).await?;
        let jobs: Vec<_> = moved
            .chunks(restamp::IDS)
            .map(|ids| restamp::document(ObjectId::new(), project, ids))
            .collect();
        if !jobs.is_empty() {
            self.collection("jobs")
                .insert_many(jobs)
                .session(session)
                .await?;
        }
        Ok(())
    }

    async fn updates(
        &self,
        session: &mut ClientSession,
        collection: &str,
        updates: Vec<Document>,
    ) -> DriverResult<()> {
        if updates.is_empty() {
            return Ok(());
        }
        let command = doc! {"update": collection, "updates": updates};
        checked(&self.db.run_command(command).session(session).await?)
    }
}

/// The `_id` of the warning about a refused link.
pub(super) fn refused_link_id(link: &Bson) -> Document {
    doc! {"link": link.clone()}
}

/// A reply without write errors.
fn checked(reply: &Document) -> DriverResult<()> {
    match reply.get("writeErrors") {
        None => Ok(()),
        Some(errors) => Err(Error::custom(StoreError::Storage(format!(
            "MongoDB refused facts: {errors}"
        )))),
    }
}

fn named(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Link(link) => vec![link.source.clone(), link.destination.clone()],
        Fact::Identification { id, .. } => vec![id.clone()],
    }
}
