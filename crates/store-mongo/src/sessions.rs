//! Session metrics: recomputed from the events of the sessions that a batch touched.
//!
//! Events only ever join a session, and each writer recomputes after its own insert, so the
//! result over more events is the later one: of two writers the fuller result stays.

use empmix_model::{ids::ProjectId, stored::SessionMetrics};
use mongodb::bson::{Document, doc};

use super::{
    MongoStore,
    calls::{listed, within},
    documents::project_id,
    facts::broken,
};
use empmix_store::StoreError;

/// Sessions recomputed by one pipeline.
const CHUNK: usize = 1_000;

impl MongoStore {
    /// Recomputes the metrics of sessions.
    pub(super) async fn recompute_sessions(
        &self,
        project: ProjectId,
        sessions: &[&str],
    ) -> Result<(), StoreError> {
        for sessions in sessions.chunks(CHUNK) {
            let metrics = listed(
                self.options.call_deadline,
                self.newest("events")
                    .aggregate(metrics_pipeline(project, sessions)),
            )
            .await?;
            let statements = metrics
                .into_iter()
                .map(|metrics| statement(project, metrics).ok_or_else(|| broken("a session")))
                .collect::<Result<_, _>>()?;
            self.update_all("sessions", statements).await?;
        }
        Ok(())
    }

    /// The metrics of a session.
    pub(super) async fn session_metrics(
        &self,
        project: ProjectId,
        session: &str,
    ) -> Result<Option<SessionMetrics>, StoreError> {
        let id = doc! {"p": project_id(project), "s": session};
        let sessions = self.newest("sessions");
        let call = sessions.find_one(doc! {"_id": id});
        let found = within(self.options.call_deadline, call).await?;
        found
            .map(|metrics| read(session, &metrics).ok_or_else(|| broken("a session")))
            .transpose()
    }
}

fn metrics_pipeline(project: ProjectId, sessions: &[&str]) -> Vec<Document> {
    // `_id` sorts as the item hash does within a project.
    let ends = |at: i32| doc! {"sortBy": {"t": at, "_id": at}, "output": {"t": "$t", "e": "$e"}};
    vec![
        // The second condition is the index's own.
        doc! {"$match": {"p": project_id(project), "s": {"$in": sessions, "$gt": ""}}},
        doc! {"$group": {
            "_id": "$s",
            "n": {"$sum": 1_i64},
            "first": {"$top": ends(1)},
            "last": {"$top": ends(-1)},
        }},
    ]
}

/// Writes metrics unless those of more events are there.
fn statement(project: ProjectId, mut metrics: Document) -> Option<Document> {
    let session = metrics.remove("_id")?;
    let fuller = doc! {"$gt": [{"$ifNull": ["$n", 0_i64]}, metrics.get_i64("n").ok()?]};
    let fields = ["n", "first", "last"];
    let set: Document = fields
        .iter()
        .map(|field| {
            let new = doc! {"$literal": metrics.get(field).cloned()};
            let kept = format!("${field}");
            (
                (*field).to_owned(),
                doc! {"$cond": [fuller.clone(), kept, new]}.into(),
            )
        })
        .collect();
    Some(doc! {
        "q": {"_id": {"p": project_id(project), "s": session}},
        "u": [{"$set": set}],
        "upsert": true,
    })
}

fn read(session: &str, metrics: &Document) -> Option<SessionMetrics> {
    let first = metrics.get_document("first").ok()?;
    let last = metrics.get_document("last").ok()?;
    Some(SessionMetrics {
        session_id: session.to_owned(),
        started_at: first.get_datetime("t").ok()?.timestamp_millis(),
        last_active_at: last.get_datetime("t").ok()?.timestamp_millis(),
        events: u64::try_from(metrics.get_i64("n").ok()?).ok()?,
        first_event: first.get_str("e").ok()?.to_owned(),
        last_event: last.get_str("e").ok()?.to_owned(),
    })
}
