//! Session metrics: read from the events of the session when they are asked for.
//!
//! Nothing is written beside the events, so a session costs its writers nothing, however long it is.
//! The index `{p, s, t, _id, e}` holds all that is read: its first and its last entry, and how many there
//! are.

use empmix_model::{ids::ProjectId, stored::SessionMetrics};
use mongodb::bson::{Document, doc};

use super::{MongoStore, calls::within, documents::project_id, facts::broken};
use empmix_store::StoreError;

impl MongoStore {
    /// The metrics of a session.
    pub(super) async fn session_metrics(
        &self,
        project: ProjectId,
        session: &str,
    ) -> Result<Option<SessionMetrics>, StoreError> {
        let events = self.newest("events");
        // The second condition is the index's own.
        let of_session = doc! {"p": project_id(project), "s": {"$eq": session, "$gt": ""}};
        let end = |order: i32| {
            // `_id` sorts as the item hash does within a project.
            let end = events.find_one(of_session.clone());
            let end = end.sort(doc! {"p": order, "s": order, "t": order, "_id": order});
            end.projection(doc! {"_id": 0, "t": 1, "e": 1})
        };
        let deadline = self.options.query_deadline;
        let Some(first) = within(deadline, end(1)).await? else {
            return Ok(None);
        };
        let last = within(deadline, end(-1)).await?;
        let count = events.count_documents(of_session.clone());
        let events = within(deadline, count).await?;
        let last = last.unwrap_or_else(|| first.clone());
        read(session, &first, &last, events)
            .map(Some)
            .ok_or_else(|| broken("an event of a session"))
    }
}

fn read(session: &str, first: &Document, last: &Document, events: u64) -> Option<SessionMetrics> {
    Some(SessionMetrics {
        session_id: session.to_owned(),
        started_at: first.get_datetime("t").ok()?.timestamp_millis(),
        last_active_at: last.get_datetime("t").ok()?.timestamp_millis(),
        events,
        first_event: first.get_str("e").ok()?.to_owned(),
        last_event: last.get_str("e").ok()?.to_owned(),
    })
}
