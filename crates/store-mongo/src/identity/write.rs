//! Writing what facts changed.

use empmix_model::{
    DAY_MS,
    identity::{Changes, Group, IdState, Link},
    ids::ProjectId,
    limits::ALTERATION_SAMPLES,
    warning::WarningKind,
};
use mongodb::{
    ClientSession,
    bson::{Document, doc, oid::ObjectId},
    error::{Error, Result as DriverResult},
};

use super::{Turn, refused_link_id};
use crate::{
    MongoStore,
    documents::{item_id, project_id},
    facts::{key_document, link_document, link_key, refusal_value},
    restamp,
    users::id_key,
    warnings,
};
use empmix_store::{StoreError, wording};

impl MongoStore {
    /// Writes links, states and the warnings of refusals.
    pub(super) async fn write_changes(
        &self,
        session: &mut ClientSession,
        turn: Turn,
        changes: &Changes,
    ) -> DriverResult<()> {
        let project = turn.project;
        let (mut links, mut refused, mut gone, mut holding) =
            <(Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
        for folded in &changes.links {
            let id = link_key(project, &folded.link);
            let mut document = link_document(project, &folded.link);
            document.insert("f", refusal_value(folded.refusal));
            links.push(doc! {"q": {"_id": id.clone()}, "u": {"$set": document}, "upsert": true});
            match folded.refusal {
                Some(refusal) => {
                    refused.push(warnings::refused_link(project, &folded.link, refusal));
                }
                None => holding.push(doc! {"q": {"_id": refused_link_id(&id)}, "limit": 1}),
            }
        }
        for link in &changes.evicted {
            let id = link_key(project, link);
            holding.push(doc! {"q": {"_id": refused_link_id(&id)}, "limit": 1});
            gone.push(doc! {"q": {"_id": id}, "limit": 1});
        }
        let states = changes
            .ids
            .iter()
            .map(|(id, state)| statement(turn, id, state));
        let delete = |collection, deletes: Vec<Document>| {
            (
                doc! {"delete": collection, "deletes": &deletes},
                deletes.len(),
            )
        };
        let update = |collection, updates: Vec<Document>| {
            (
                doc! {"update": collection, "updates": &updates},
                updates.len(),
            )
        };
        for (command, statements) in [
            delete("links", gone),
            update("links", links),
            update("ids", states.collect()),
            delete("warnings", holding),
            update("warnings", refused),
        ] {
            if statements > 0 {
                checked(&self.db.run_command(command).session(&mut *session).await?)?;
            }
        }
        let beyond: Vec<&Link> = changes.beyond.iter().chain(&changes.evicted).collect();
        self.count_beyond(session, project, &beyond).await
    }

    /// Counts refused links that are not kept, each once, and keeps some as warnings.
    async fn count_beyond(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        links: &[&Link],
    ) -> DriverResult<()> {
        if links.is_empty() {
            return Ok(());
        }
        let mark = |link: &&Link| {
            let id = item_id(project, link.item);
            doc! {"q": {"_id": id, "beyond": {"$ne": true}}, "u": {"$set": {"beyond": true}}}
        };
        let marks: Vec<_> = links.iter().map(mark).collect();
        let command = doc! {"update": "instructions", "updates": marks};
        let reply = self.db.run_command(command).session(&mut *session).await?;
        checked(&reply)?;
        let marked = reply.get_i32("nModified").map_err(Error::custom)?;
        let Some(first) = links.first().filter(|_| marked > 0) else {
            return Ok(());
        };
        let day = first.key.received_at.div_euclid(DAY_MS);
        let kind = WarningKind::LinkRefused;
        let before = self
            .count_warnings(session, project, kind.name(), day, i64::from(marked))
            .await?;
        let samples_left =
            ALTERATION_SAMPLES.saturating_sub(usize::try_from(before).unwrap_or(usize::MAX));
        let samples: Vec<_> = links
            .iter()
            .take(samples_left)
            .map(|link| {
                let id = refused_link_id(&link_key(project, link));
                let warning = warnings::document(id.clone(), project, &wording::link_beyond(link));
                doc! {"q": {"_id": id}, "u": warning, "upsert": true}
            })
            .collect();
        if samples.is_empty() {
            return Ok(());
        }
        let command = doc! {"update": "warnings", "updates": samples};
        checked(&self.db.run_command(command).session(session).await?)
    }

    /// Writes the jobs that stamp the events of ids again.
    pub(super) async fn write_restamps(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        ids: impl Iterator<Item = &String>,
    ) -> DriverResult<()> {
        let ids: Vec<&str> = ids.map(String::as_str).collect();
        let jobs: Vec<_> = ids
            .chunks(restamp::IDS)
            .map(|ids| restamp::document(ObjectId::new(), project, ids))
            .collect();
        if jobs.is_empty() {
            return Ok(());
        }
        let collection = self.collection("jobs");
        collection
            .insert_many(jobs)
            .session(session)
            .await
            .map(drop)
    }
}

/// The statement that writes the state of an id.
fn statement(turn: Turn, id: &str, state: &IdState) -> Document {
    let mut set = doc! {"p": project_id(turn.project)};
    let mut unset = Document::new();
    match (&state.user, state.group) {
        (Some(user), _) => {
            set.insert("u", user.as_str());
        }
        (None, Some(_)) => {
            set.insert("u", id);
        }
        (None, None) => {
            unset.insert("u", "");
        }
    }
    match state.identified {
        Some(key) => set.insert("k", key_document(key)),
        None => unset.insert("k", ""),
    };
    match state.group {
        Some(group) => set.insert("g", group_document(group, turn)),
        None => unset.insert("g", ""),
    };
    let mut change = doc! {"$set": set};
    if !unset.is_empty() {
        change.insert("$unset", unset);
    }
    doc! {"q": {"_id": id_key(turn.project, id)}, "u": change, "upsert": true}
}

fn group_document(group: Group, turn: Turn) -> Document {
    let ids = i64::try_from(group.ids).unwrap_or(i64::MAX);
    let mut document = doc! {"v": turn.version, "n": ids};
    if let Some(key) = group.changed {
        document.insert("c", key_document(key));
    }
    if let Some(key) = group.named {
        document.insert("l", key_document(key));
    }
    document
}

/// A reply without write errors.
fn checked(reply: &Document) -> DriverResult<()> {
    match reply.get("writeErrors") {
        None => Ok(()),
        Some(errors) => Err(Error::custom(StoreError::Unavailable(format!(
            "MongoDB refused facts: {errors}"
        )))),
    }
}
