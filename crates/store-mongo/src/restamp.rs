//! Stamping events with their users again, after a fold changed who an id is.
//!
//! A job is written in the transaction that changed the users: `{_id, kind: "restamp", p, ids}`.
//! Running it reads the ids' users, sets `u` on their events, and reads the users again: if another
//! fold came in between, what was set may be of yesterday, so it is done again. Only then does the
//! job go. It can be run by several processes, any number of times, from any point: by the writer
//! that made it, by the next one, and by every process that starts.

use std::collections::BTreeMap;

use empmix_model::ids::ProjectId;
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};

use super::{
    MongoStore,
    calls::{listed, within},
    documents::project_id,
    facts::broken,
    prepare::pauses,
};
use empmix_store::StoreError;

/// Ids of one job.
pub(super) const IDS: usize = 1_000;
/// Statements of one command.
const STATEMENTS: usize = 200;
const KIND: &str = "restamp";

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
    /// Does what earlier processes left to do; tries again while the server is unreachable.
    pub(super) async fn keep_finishing_restamps(&self) {
        let mut backoff = pauses();
        while let Err(error) = self.finish_all_restamps().await {
            tracing::debug!(%error, "users cannot be stamped on events yet");
            tokio::time::sleep(backoff.next_delay()).await;
        }
    }

    async fn finish_all_restamps(&self) -> Result<(), StoreError> {
        let jobs = self.newest("jobs");
        let call = jobs.distinct("p", doc! {"kind": KIND});
        let projects = within(self.options.call_deadline, call).await?;
        for project in projects {
            let id = match &project {
                Bson::Binary(id) => ProjectId::from_slice(&id.bytes).ok(),
                _ => None,
            };
            let id = id.ok_or_else(|| broken("a job"))?;
            self.finish_restamps(id).await?;
        }
        Ok(())
    }

    /// The jobs of a project that are not done, oldest first.
    pub(super) async fn restamps(&self, project: ProjectId) -> Result<Vec<Restamp>, StoreError> {
        let found = listed(
            self.options.call_deadline,
            self.newest("jobs")
                .find(doc! {"p": project_id(project), "kind": KIND})
                .sort(doc! {"_id": 1}),
        )
        .await?;
        found
            .iter()
            .map(|job| read_job(job).ok_or_else(|| broken("a job")))
            .collect()
    }

    /// Does what is left to do, also of a process that did not come that far.
    pub(super) async fn finish_restamps(&self, project: ProjectId) -> Result<(), StoreError> {
        for restamp in self.restamps(project).await? {
            self.restamp(project, &restamp).await?;
        }
        Ok(())
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

    async fn stamp(
        &self,
        project: ProjectId,
        ids: &[&str],
        users: &std::collections::HashMap<String, String>,
    ) -> Result<(), StoreError> {
        let mut by_user: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for id in ids {
            by_user
                .entry(users.get(*id).map_or(*id, String::as_str))
                .or_default()
                .push(id);
        }
        let statements: Vec<_> = by_user
            .into_iter()
            .map(|(user, ids)| {
                doc! {
                    "q": {"p": project_id(project), "d": {"$in": ids}, "u": {"$ne": user}},
                    "u": {"$set": {"u": user}},
                    "multi": true,
                }
            })
            .collect();
        for statements in statements.chunks(STATEMENTS) {
            self.update_all("events", statements.to_vec()).await?;
        }
        Ok(())
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
        let reply = self
            .run(doc! {
                "update": collection,
                "updates": statements,
                "ordered": false,
                "writeConcern": {"w": "majority", "j": true},
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

fn read_job(job: &Document) -> Option<Restamp> {
    let text = |id: &Bson| id.as_str().map(str::to_owned);
    let ids = job.get_array("ids").ok()?;
    Some(Restamp {
        id: job.get_object_id("_id").ok()?,
        ids: ids.iter().map(text).collect::<Option<_>>()?,
    })
}
