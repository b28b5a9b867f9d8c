//! A page of events, newest first: by time, then by item hash, both descending.

use empmix_model::{ids::ProjectId, limits::PAGE_ROWS};
use mongodb::{
    bson::{Document, RawDocumentBuf, doc},
    options::FindOptions,
};

use super::{
    MongoStore,
    documents::{item_id, project_id, stored_event, time},
};
use empmix_store::{EventFilter, EventsPage, StoreError};

impl MongoStore {
    pub(super) async fn page(
        &self,
        project: ProjectId,
        filter: &EventFilter,
    ) -> Result<EventsPage, StoreError> {
        let limit = filter.limit.clamp(1, PAGE_ROWS);
        let (unstamped, mut snapshot) = self.unstamped(project).await?;
        let mut matching = matching(project, filter);
        if let Some(user) = &filter.user_id {
            if unstamped.is_empty() {
                matching.insert("u", doc! {"$eq": user});
            } else {
                let ids = self.ids_of(&mut snapshot, project, user).await?;
                matching.insert("$expr", doc! {"$in": ["$d", {"$literal": ids}]});
            }
        }
        // One more than the page tells whether more follow.
        let rows = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let newest = FindOptions::builder()
            .sort(doc! {"t": -1, "_id": -1})
            .limit(rows)
            .build();
        let deadline = self.options.query_deadline;
        let found: Vec<RawDocumentBuf> =
            snapshot.find(deadline, "events", matching, newest).await?;
        let more = found.len() > limit;
        let mut events = found
            .iter()
            .take(limit)
            .map(|document| stored_event(document))
            .collect::<Result<Vec<_>, _>>()?;
        for event in &mut events {
            if let Some(user) = unstamped.get(&event.distinct_id) {
                event.user_id.clone_from(user);
            }
        }
        Ok(EventsPage { events, more })
    }
}

fn matching(project: ProjectId, filter: &EventFilter) -> Document {
    let mut matching = doc! {"p": project_id(project)};
    let mut times = Document::new();
    if let Some(from) = filter.from {
        times.insert("$gte", time(from));
    }
    if let Some(to) = filter.to {
        times.insert("$lt", time(to));
    }
    if let Some((at, item)) = filter.after {
        let earlier_or_then = doc! {"t": {"$lte": time(at)}};
        let earlier = doc! {"t": {"$lt": time(at)}};
        let then = doc! {"_id": {"$lt": item_id(project, item)}};
        matching.insert("$and", vec![earlier_or_then, doc! {"$or": [earlier, then]}]);
    }
    if !times.is_empty() {
        matching.insert("t", times);
    }
    // `$eq`, so that no text is ever taken for an operator.
    if let Some(event) = &filter.event {
        matching.insert("e", doc! {"$eq": event});
    }
    if let Some(id) = &filter.distinct_id {
        matching.insert("d", doc! {"$eq": id});
    }
    matching
}
