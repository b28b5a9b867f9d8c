//! Stamping events with their users again, after facts changed who an id is.
//!
//! A job is written in the transaction that changed the users: `{_id, kind: "restamp", p, ids}`. A task
//! of every process runs the jobs beside the writes, which never wait for it: it reads the ids' users,
//! walks over their events, sets `u` where it differs, a few thousand events at a time, and reads the
//! users again: if they changed in between, what was set may be of yesterday, so it is done again. Only
//! then does the job go. It can be run by several processes, any number of times, from any point.
//!
//! Until a job is done, readers resolve its ids themselves. They do so for at most [`UNSTAMPED`] ids:
//! where more wait, they run the oldest jobs first.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use empmix_model::ids::ProjectId;
use futures::TryStreamExt;
use mongodb::{
    bson::{Binary, Bson, Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId},
    options::{FindOptions, Hint},
};

use super::{
    MongoStore,
    calls::within,
    documents::{binary, project_id},
    facts::broken,
    prepare::pauses,
    snapshot::Snapshot,
};
use empmix_store::StoreError;

/// Ids of one job.
pub(super) const IDS: usize = 1_000;
/// Events that are stamped by one command.
const EVENTS: usize = 5_000;
/// Ids that readers resolve themselves.
const UNSTAMPED: usize = 10_000;
/// Jobs of a project that are read at once.
const JOBS: i64 = 200;
/// How often jobs of other processes are looked up.
const LOOK: Duration = Duration::from_secs(5);
const KIND: &str = "restamp";

/// What a turn over the projects left; the greatest of theirs is that of all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// No job.
    Done,
    /// Jobs that cannot be run yet.
    Failed,
    /// Jobs that can be run at once.
    More,
}

impl Turn {
    /// Of one project: whether there may be more.
    fn of(result: Result<bool, StoreError>) -> Self {
        match result {
            Ok(false) => Self::Done,
            Ok(true) => Self::More,
            Err(error) => {
                tracing::debug!(%error, "users cannot be stamped on events yet");
                Self::Failed
            }
        }
    }
}

/// A job that is not done.
pub(super) struct Restamp {
    id: ObjectId,
    /// The ids whose events may carry another user.
    pub(super) ids: Vec<String>,
}

/// The job's document.
pub(super) fn document(id: ObjectId, project: ProjectId, ids: &[&str]) -> Document {
    doc! {"_id": id, "kind": KIND, "p": project_id(project), "ids": ids}
}

impl MongoStore {
    /// Stamps events again as jobs come, for as long as it is awaited.
    pub(super) async fn keep_restamping(&self) {
        let mut backoff = pauses();
        loop {
            let turn = self.restamp_in_turn().await;
            let pause = match turn.unwrap_or_else(|error| Turn::of(Err(error))) {
                Turn::Done => {
                    backoff.reset();
                    LOOK
                }
                Turn::Failed => backoff.next_delay(),
                Turn::More => Duration::ZERO,
            };
            // A timeout is the time to look what other processes left.
            let _ = tokio::time::timeout(pause, self.moved.notified()).await;
        }
    }

    /// Runs the oldest jobs of each project: none waits until another one has no more, or works again.
    async fn restamp_in_turn(&self) -> Result<Turn, StoreError> {
        let jobs = self.newest("jobs");
        let call = jobs.distinct("p", doc! {"p": {"$exists": true}, "kind": KIND});
        let projects = within(self.options.call_deadline, call).await?;
        let mut turn = Turn::Done;
        for project in projects {
            let id = match &project {
                Bson::Binary(id) => ProjectId::from_slice(&id.bytes).ok(),
                _ => None,
            };
            turn = turn.max(Turn::of(match id {
                Some(id) => self.restamp_oldest(id).await,
                None => Err(broken("a job")),
            }));
        }
        Ok(turn)
    }

    /// Whether there may be more.
    async fn restamp_oldest(&self, project: ProjectId) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let jobs = self.restamps(project, &mut snapshot).await?;
        for job in &jobs {
            self.restamp(project, job).await?;
        }
        Ok(may_be_more(&jobs))
    }

    /// The oldest jobs of a project that are not done, at most [`JOBS`].
    async fn restamps(
        &self,
        project: ProjectId,
        snapshot: &mut Snapshot<'_>,
    ) -> Result<Vec<Restamp>, StoreError> {
        let filter = doc! {"p": project_id(project), "kind": KIND};
        let oldest = FindOptions::builder().sort(doc! {"_id": 1}).limit(JOBS);
        let deadline = self.options.call_deadline;
        let found: Vec<Document> = snapshot
            .find(deadline, "jobs", filter, oldest.build())
            .await?;
        found
            .iter()
            .map(|job| read_job(job).ok_or_else(|| broken("a job")))
            .collect()
    }

    /// The jobs that readers must know of, and the snapshot that has them; where they are of too many
    /// ids, the oldest are run first.
    pub(super) async fn few_restamps(
        &self,
        project: ProjectId,
    ) -> Result<(Vec<Restamp>, Snapshot<'_>), StoreError> {
        loop {
            let mut snapshot = self.snapshot().await?;
            let jobs = self.restamps(project, &mut snapshot).await?;
            let may_be_more = may_be_more(&jobs);
            let mut ids: usize = jobs.iter().map(|job| job.ids.len()).sum();
            let oldest = jobs.iter().take_while(|job| {
                let is_beyond = ids > UNSTAMPED || may_be_more;
                ids -= job.ids.len();
                is_beyond
            });
            let oldest = oldest.count();
            if oldest == 0 {
                return Ok((jobs, snapshot));
            }
            for job in &jobs[..oldest] {
                self.restamp(project, job).await?;
            }
        }
    }

    async fn restamp(&self, project: ProjectId, restamp: &Restamp) -> Result<(), StoreError> {
        let asked: Vec<_> = restamp.ids.iter().map(String::as_str).collect();
        let mut users = self.users(project, &asked).await?;
        loop {
            self.stamp(project, &asked, &users).await?;
            let now = self.users(project, &asked).await?;
            if now == users {
                break;
            }
            users = now;
        }
        let jobs = self.collection("jobs");
        let call = jobs.delete_one(doc! {"_id": restamp.id});
        within(self.options.call_deadline, call).await.map(|_| ())
    }

    /// Sets the users of events of some ids.
    async fn stamp(
        &self,
        project: ProjectId,
        ids: &[&str],
        users: &HashMap<String, String>,
    ) -> Result<(), StoreError> {
        let deadline = self.options.call_deadline;
        let events = self.db.collection::<RawDocumentBuf>("events");
        let of_ids = events
            .find(doc! {"p": project_id(project), "d": {"$in": ids}})
            .projection(doc! {"d": 1, "u": 1})
            .hint(Hint::Keys(doc! {"p": 1, "d": 1, "t": 1}));
        let mut cursor = within(deadline, of_ids).await?;
        let mut wrong: BTreeMap<&str, Vec<Binary>> = BTreeMap::new();
        let mut waiting = 0;
        while let Some(event) = within(deadline, cursor.try_next()).await? {
            let (id, distinct_id, stamped) = stamp_of(&event).ok_or_else(|| broken("an event"))?;
            let known = users.get_key_value(distinct_id);
            let own = || ids.iter().find(|id| **id == distinct_id).copied();
            let Some(user) = known.map(|(_, user)| user.as_str()).or_else(own) else {
                continue;
            };
            if user != stamped {
                wrong.entry(user).or_default().push(id);
                waiting += 1;
            }
            if waiting == EVENTS {
                waiting = 0;
                self.set_users(std::mem::take(&mut wrong)).await?;
            }
        }
        self.set_users(wrong).await
    }

    /// Sets the users of events, in one command.
    pub(super) async fn set_users(
        &self,
        events: BTreeMap<&str, Vec<Binary>>,
    ) -> Result<(), StoreError> {
        let statements = events.into_iter().map(|(user, ids)| {
            doc! {"q": {"_id": {"$in": ids}}, "u": {"$set": {"u": user}}, "multi": true}
        });
        self.update_all("events", statements.collect()).await
    }

    /// Runs update statements outside any transaction, durably. Running them again is harmless.
    pub(super) async fn update_all(
        &self,
        collection: &str,
        statements: Vec<Document>,
    ) -> Result<(), StoreError> {
        if statements.is_empty() {
            return Ok(());
        }
        let durable = mongodb::bson::to_bson(&self.options.durable());
        let reply = self
            .run(doc! {
                "update": collection,
                "updates": statements,
                "ordered": false,
                "maxTimeMS": i64::try_from(self.options.call_deadline.as_millis()).unwrap_or(i64::MAX),
                "writeConcern": durable.map_err(|error| StoreError::Storage(error.to_string()))?,
            })
            .await?;
        match reply
            .get("writeErrors")
            .or_else(|| reply.get("writeConcernError"))
        {
            None => Ok(()),
            Some(errors) => Err(StoreError::Unavailable(format!("MongoDB: {errors}"))),
        }
    }
}

/// The `_id`, the distinct id and the user of an event.
fn stamp_of(event: &RawDocument) -> Option<(Binary, &str, &str)> {
    let id = binary(event.get_binary("_id").ok()?.bytes);
    Some((id, event.get_str("d").ok()?, event.get_str("u").ok()?))
}

/// Whether a project may have more jobs than those that were read.
fn may_be_more(read: &[Restamp]) -> bool {
    i64::try_from(read.len()).is_ok_and(|read| read >= JOBS)
}

fn read_job(job: &Document) -> Option<Restamp> {
    let text = |id: &Bson| id.as_str().map(str::to_owned);
    let ids = job.get_array("ids").ok()?;
    Some(Restamp {
        id: job.get_object_id("_id").ok()?,
        ids: ids.iter().map(text).collect::<Option<_>>()?,
    })
}
