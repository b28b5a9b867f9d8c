//! Warnings: bounded, counted exactly, and added once per message.
//!
//! Refused bodies: `REFUSED_KEPT` and `REFUSED_BYTES_KEPT` per project, oldest out. Each process counts
//! those that it adds, and drops the oldest only when a tenth more is there ([`RefusedBodies`]).
//! Alterations and conflicts: at most [`ALTERATION_SAMPLES`] per type and UTC day. Refused links
//! are written by the fold, under the link's own `_id`, and go when the link holds.
//!
//! A message's warnings, its mark in `warned` and the counts (`warning_counts`) are one
//! transaction, so a message that is delivered again adds nothing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use empmix_model::{
    DAY_MS,
    envelope::Envelope,
    identity::{Link, LinkRefusal},
    ids::{MessageId, ProjectId},
    item::Item,
    limits::ALTERATION_SAMPLES,
    warning::{Warning, WarningKind},
};
use futures::{FutureExt, TryStreamExt};
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
    error::{Error, Result as DriverResult},
};

use super::{
    MongoStore,
    calls::{listed, within},
    documents::{message_id, project_id, time},
    facts::{broken, link_key, optional_text},
    identity::refused_link_id,
};
use empmix_store::{RefusedBodies, StoreError, wording};

/// Marks of messages that are kept; the ids of messages begin with their time.
const MESSAGES_KEPT: u64 = 1_000_000;

/// What one message warns of.
pub(super) struct MessageWarnings {
    pub(super) message: MessageId,
    pub(super) warnings: Vec<Warning>,
}

impl MongoStore {
    /// Adds the warnings of messages that have not added theirs yet.
    pub(super) async fn warn(
        &self,
        project: ProjectId,
        messages: Vec<MessageWarnings>,
    ) -> Result<(), StoreError> {
        if messages.is_empty() {
            return Ok(());
        }
        let call = async {
            let mut session = self.client.start_session().await?;
            session
                .start_transaction()
                .write_concern(self.options.durable())
                .and_run((self, &messages), |session, (store, messages)| {
                    store.warn_in(session, project, messages).boxed()
                })
                .await
        };
        within(self.options.call_deadline, call).await?;
        let warnings = messages.iter().flat_map(|message| &message.warnings);
        self.count_refused(project, RefusedBodies::of(warnings))
            .await?;
        self.trim_marks().await
    }

    /// The newest warnings, at most `limit`.
    pub(super) async fn newest_warnings(
        &self,
        project: ProjectId,
        limit: usize,
    ) -> Result<Vec<Warning>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let found = listed(
            self.options.call_deadline,
            self.newest("warnings")
                .find(doc! {"p": project_id(project)})
                .sort(doc! {"r": -1, "_id": -1})
                .limit(i64::try_from(limit).unwrap_or(i64::MAX)),
        )
        .await?;
        found.iter().map(warning).collect()
    }

    async fn warn_in(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        messages: &[MessageWarnings],
    ) -> DriverResult<()> {
        let mark = |message: MessageId| doc! {"m": message_id(message), "p": project_id(project)};
        let asked: Vec<_> = messages
            .iter()
            .map(|message| mark(message.message))
            .collect();
        let marked = self.collection("warned");
        let mut cursor = marked
            .find(doc! {"_id": {"$in": asked}})
            .session(&mut *session)
            .await?;
        let known: Vec<Document> = cursor.stream(session).try_collect().await?;
        let mut seen: HashSet<String> = known.iter().map(|mark| mark.to_string()).collect();
        let (mut marks, mut added) = (Vec::new(), Vec::new());
        for message in messages {
            let mark = doc! {"_id": mark(message.message)};
            if seen.insert(mark.to_string()) {
                marks.push(mark);
                for (place, warning) in message.warnings.iter().enumerate() {
                    added.push((message.message, place, warning));
                }
            }
        }
        if marks.is_empty() {
            return Ok(());
        }
        marked.insert_many(marks).session(&mut *session).await?;
        let kept = self.counted(session, project, added).await?;
        if !kept.is_empty() {
            self.collection("warnings")
                .insert_many(kept)
                .session(session)
                .await?;
        }
        Ok(())
    }

    /// Counts warnings, and returns the documents of those that are kept.
    async fn counted(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        added: Vec<(MessageId, usize, &Warning)>,
    ) -> DriverResult<Vec<Document>> {
        let mut by_day: BTreeMap<(&str, i64), Vec<_>> = BTreeMap::new();
        for warning in added {
            let day = warning.2.received_at.div_euclid(DAY_MS);
            by_day
                .entry((warning.2.kind.name(), day))
                .or_default()
                .push(warning);
        }
        let mut kept = Vec::new();
        for ((kind, day), warnings) in by_day {
            let number = i64::try_from(warnings.len()).unwrap_or(i64::MAX);
            let before = self
                .count_warnings(session, project, kind, day, number)
                .await?;
            let room = if kind == WarningKind::Refused.name() {
                warnings.len()
            } else {
                ALTERATION_SAMPLES.saturating_sub(usize::try_from(before).unwrap_or(usize::MAX))
            };
            let samples = warnings.into_iter().take(room);
            kept.extend(samples.map(|(message, place, warning)| {
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                let id = doc! {"m": message_id(message), "n": place};
                document(id, project, warning)
            }));
        }
        Ok(kept)
    }

    /// Counts warnings of a kind and a day; returns how many were counted before.
    pub(super) async fn count_warnings(
        &self,
        session: &mut ClientSession,
        project: ProjectId,
        kind: &str,
        day: i64,
        number: i64,
    ) -> DriverResult<i64> {
        let before = self
            .collection("warning_counts")
            .find_one_and_update(
                doc! {"_id": {"p": project_id(project), "k": kind, "day": day}},
                doc! {"$inc": {"n": number}},
            )
            .upsert(true)
            .session(session)
            .await?;
        let before = before.map_or(Ok(0), |count| count.get_i64("n"));
        before.map_err(|_| Error::custom(broken("the count of warnings")))
    }

    /// Counts refused bodies that were added, and drops the oldest when they are too many.
    async fn count_refused(
        &self,
        project: ProjectId,
        added: RefusedBodies,
    ) -> Result<(), StoreError> {
        if added.count == 0 {
            return Ok(());
        }
        let kept = match self.refused.add(project, added) {
            Some(kept) => kept,
            None => self.refused_bodies(project).await?,
        };
        let kept = match kept.need_trim() {
            true => self.trim_refused(project).await?,
            false => kept,
        };
        self.refused.set(project, kept);
        Ok(())
    }

    /// The refused bodies that are kept.
    async fn refused_bodies(&self, project: ProjectId) -> Result<RefusedBodies, StoreError> {
        let warnings = self.newest("warnings");
        let refused = doc! {"p": project_id(project), "k": WarningKind::Refused.name()};
        let call = warnings.find(refused).projection(doc! {"_id": 0, "n": 1});
        let read = async {
            let (mut found, mut kept) = (call.await?, RefusedBodies::default());
            while let Some(warning) = found.try_next().await? {
                kept += refused_body(&warning)?;
            }
            Ok(kept)
        };
        within(self.options.call_deadline, read).await
    }

    /// Drops the oldest refused bodies beyond what is kept; returns those that are left.
    async fn trim_refused(&self, project: ProjectId) -> Result<RefusedBodies, StoreError> {
        let refused = doc! {"p": project_id(project), "k": WarningKind::Refused.name()};
        let warnings = self.newest("warnings");
        let call = warnings
            .find(refused)
            .sort(doc! {"p": -1, "k": -1, "r": -1, "n": -1})
            .projection(doc! {"n": 1});
        let read = async {
            let mut newest = call.await?;
            let (mut kept, mut beyond) = (RefusedBodies::default(), Vec::new());
            while let Some(warning) = newest.try_next().await? {
                let mut with = kept;
                with += refused_body(&warning)?;
                if beyond.is_empty() && !with.exceed() {
                    kept = with;
                } else {
                    beyond.extend(warning.get("_id").cloned());
                }
            }
            Ok((kept, beyond))
        };
        let (kept, beyond): (_, Vec<Bson>) = within(self.options.call_deadline, read).await?;
        if !beyond.is_empty() {
            let warnings = self.collection("warnings");
            let call = warnings.delete_many(doc! {"_id": {"$in": beyond}});
            within(self.options.call_deadline, call).await?;
        }
        Ok(kept)
    }

    /// Forgets the oldest marks beyond the bound.
    async fn trim_marks(&self) -> Result<(), StoreError> {
        let marks = self.collection("warned");
        let deadline = self.options.call_deadline;
        if within(deadline, marks.estimated_document_count()).await? <= MESSAGES_KEPT {
            return Ok(());
        }
        let newest_beyond = marks
            .find_one(doc! {})
            .sort(doc! {"_id": -1})
            .skip(MESSAGES_KEPT);
        if let Some(mark) = within(deadline, newest_beyond).await? {
            let beyond = doc! {"_id": {"$lte": mark.get("_id").cloned()}};
            within(deadline, marks.delete_many(beyond)).await?;
        }
        Ok(())
    }
}

/// The refused bodies that projects keep, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<HashMap<ProjectId, RefusedBodies>>);

impl Refused {
    /// Adds to a project's; `None` if it is not known yet.
    fn add(&self, project: ProjectId, added: RefusedBodies) -> Option<RefusedBodies> {
        let mut projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = projects.get_mut(&project)?;
        *kept += added;
        Some(*kept)
    }

    fn set(&self, project: ProjectId, kept: RefusedBodies) {
        let mut projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        projects.insert(project, kept);
    }
}

/// A refused body, from a document that holds its size.
fn refused_body(warning: &Document) -> DriverResult<RefusedBodies> {
    let size = warning.get_i64("n").ok();
    let bytes = size.and_then(|size| usize::try_from(size).ok());
    let bytes = bytes.ok_or_else(|| Error::custom(broken("a warning")))?;
    Ok(RefusedBodies { count: 1, bytes })
}

/// The warning that another content has an item's id.
pub(super) fn conflict(envelope: &Envelope, item: &Item) -> Warning {
    let (insert_id, text) = match item {
        Item::Event(event) => (&event.insert_id, serde_json::to_string(&event.properties)),
        Item::Instruction(instruction) => {
            (&instruction.insert_id, serde_json::to_string(instruction))
        }
    };
    wording::conflict(insert_id, text.unwrap_or_default(), envelope.received_at)
}

/// The statement that writes the warning of a refused link.
pub(super) fn refused_link(project: ProjectId, link: &Link, refusal: LinkRefusal) -> Document {
    let warning = wording::refused_link(link, refusal);
    let id = refused_link_id(&link_key(project, link));
    doc! {"q": {"_id": id.clone()}, "u": document(id, project, &warning), "upsert": true}
}

/// A warning as a document.
pub(super) fn document(id: Document, project: ProjectId, warning: &Warning) -> Document {
    let size = warning.bytes.as_ref().map_or(0, String::len);
    doc! {
        "_id": id,
        "p": project_id(project),
        "k": warning.kind.name(),
        "r": time(warning.received_at),
        "n": i64::try_from(size).unwrap_or(i64::MAX),
        "message": warning.message.as_str(),
        "bytes": warning.bytes.clone(),
    }
}

/// Reads a warning.
pub(super) fn warning(document: &Document) -> Result<Warning, StoreError> {
    let read = || {
        Some(Warning {
            kind: mongodb::bson::from_bson(document.get("k")?.clone()).ok()?,
            message: document.get_str("message").ok()?.to_owned(),
            bytes: optional_text(document, "bytes")?,
            received_at: document.get_datetime("r").ok()?.timestamp_millis(),
        })
    };
    read().ok_or_else(|| broken("a warning"))
}
