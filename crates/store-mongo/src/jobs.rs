//! Imports and the sets of their parts.

use empmix_model::{
    EpochMs,
    envelope::JobPart,
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
};
use mongodb::{
    bson::{Bson, Document, doc},
    options::ReturnDocument,
};

use super::{
    MongoStore,
    calls::within,
    documents::{binary, project_id, time},
    facts::{broken, optional_text},
};
use empmix_store::StoreError;

/// Parts of one statement list.
const CHUNK: usize = 5_000;

impl MongoStore {
    pub(super) async fn open(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError> {
        let made = doc! {
            "p": project_id(project),
            "kind": named(&kind)?,
            "state": named(&JobState::Running)?,
            "error": null,
            "created_at": time(now),
        };
        let jobs = self.collection("jobs");
        let call = jobs
            .find_one_and_update(doc! {"_id": binary(id.0)}, doc! {"$setOnInsert": made})
            .upsert(true)
            .return_document(ReturnDocument::After);
        within(self.options.call_deadline, call).await?;
        self.progress(id).await
    }

    /// Marks parts as `accepted` or `stored`.
    pub(super) async fn mark_parts(
        &self,
        parts: &[JobPart],
        mark: &'static str,
    ) -> Result<(), StoreError> {
        for parts in parts.chunks(CHUNK) {
            let statements = parts.iter().map(|part| {
                let id = doc! {"j": binary(part.job.0), "n": part.part.cast_signed()};
                doc! {"q": {"_id": id}, "u": {"$set": {mark: true}}, "upsert": true}
            });
            self.update_all("job_parts", statements.collect()).await?;
        }
        Ok(())
    }

    pub(super) async fn move_job(
        &self,
        job: JobId,
        state: JobState,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        let stays: Vec<Bson> = JobState::FINAL
            .iter()
            .map(named)
            .collect::<Result<_, _>>()?;
        let unless_final = |field: &str, value: Bson| {
            let is_final = doc! {"$in": ["$state", &stays]};
            doc! {"$cond": [is_final, format!("${field}"), {"$literal": value}]}
        };
        let set = doc! {"$set": {
            "state": unless_final("state", named(&state)?),
            "error": unless_final("error", error.into()),
        }};
        let jobs = self.collection("jobs");
        let call = jobs.update_one(doc! {"_id": binary(job.0)}, vec![set]);
        match within(self.options.call_deadline, call)
            .await?
            .matched_count
        {
            0 => Err(StoreError::NotFound("the job")),
            _ => Ok(()),
        }
    }

    /// The state that a job was last moved to.
    pub(super) async fn job_state(&self, job: JobId) -> Result<JobState, StoreError> {
        let jobs = self.newest("jobs");
        let call = jobs
            .find_one(doc! {"_id": binary(job.0)})
            .projection(doc! {"state": 1});
        let found = within(self.options.call_deadline, call).await?;
        let found = found.ok_or(StoreError::NotFound("the job"))?;
        let state = found.get("state").cloned().unwrap_or_default();
        mongodb::bson::from_bson(state).map_err(|_| broken("a job"))
    }

    /// A job and its progress. Closing reads as done once every accepted part is stored.
    pub(super) async fn progress(&self, id: JobId) -> Result<Job, StoreError> {
        let deadline = self.options.call_deadline;
        let jobs = self.newest("jobs");
        let found = within(deadline, jobs.find_one(doc! {"_id": binary(id.0)})).await?;
        let found = found.ok_or(StoreError::NotFound("the job"))?;
        let parts = self.newest("job_parts");
        let of_job = doc! {
            "_id.j": binary(id.0),
            "_id": {"$gte": {"j": binary(id.0)}, "$lt": {"j": binary(id.0), "n": Bson::MaxKey}},
        };
        let having = |marks: Document| {
            let mut filter = of_job.clone();
            filter.extend(marks);
            within(deadline, parts.count_documents(filter))
        };
        let done = having(doc! {"stored": true}).await?;
        let total = having(doc! {"accepted": true}).await?;
        let waiting = having(doc! {"accepted": true, "stored": {"$ne": true}}).await?;
        let mut job = read(id, &found).ok_or_else(|| broken("a job"))?;
        if job.state == JobState::Closing && waiting == 0 {
            job.state = JobState::Done;
        }
        Ok(Job { done, total, ..job })
    }
}

fn named(value: &impl serde::Serialize) -> Result<Bson, StoreError> {
    mongodb::bson::to_bson(value).map_err(|error| StoreError::Storage(error.to_string()))
}

fn read(id: JobId, job: &Document) -> Option<Job> {
    let project = job.get_binary_generic("p").ok()?;
    Some(Job {
        id,
        project: ProjectId::from_slice(project).ok()?,
        kind: mongodb::bson::from_bson(job.get("kind")?.clone()).ok()?,
        state: mongodb::bson::from_bson(job.get("state")?.clone()).ok()?,
        done: 0,
        total: 0,
        error: optional_text(job, "error")?,
        created_at: job.get_datetime("created_at").ok()?.timestamp_millis(),
    })
}
