//! Events, the schema, and what arrives.

use empmix_model::{
    EpochMs,
    ids::{ItemHash, ProjectId},
    limits,
};
use empmix_protocol::{
    ApiError, EventsQuery,
    reply::{EventList, Schema},
};
use empmix_store::{EventFilter, Watched};
use futures::stream::BoxStream;

use crate::{Service, error};

/// Rows of a page that does not say.
const DEFAULT_ROWS: usize = 100;

impl Service {
    /// Every event and property seen.
    pub async fn schema(&self, project: ProjectId) -> Result<Schema, ApiError> {
        let events = self.store.schema(project).await.map_err(error::of_store)?;
        Ok(Schema {
            events,
            user_properties: Vec::new(),
        })
    }

    /// A page of events, newest first. The cursor names the last row of the page before, so pages
    /// stay right while events arrive.
    pub async fn events(
        &self,
        project: ProjectId,
        query: &EventsQuery,
    ) -> Result<EventList, ApiError> {
        let filter = filter(query)?;
        let page = self
            .store
            .events(project, &filter)
            .await
            .map_err(error::of_store)?;
        let last = page.events.last().filter(|_| page.more);
        let next_cursor = last.map(|event| format!("{}-{}", event.time, event.id));
        Ok(EventList {
            next_cursor,
            events: page.events,
        })
    }

    /// What is stored from now on.
    pub async fn live(&self, project: ProjectId) -> Result<BoxStream<'static, Watched>, ApiError> {
        self.store.live(project).await.map_err(error::of_store)
    }
}

fn filter(query: &EventsQuery) -> Result<EventFilter, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=limits::PAGE_ROWS).contains(&limit) {
        return Err(error::invalid(
            "limit",
            format!("limit must be 1 to {}.", limits::PAGE_ROWS),
        ));
    }
    let after = query.cursor.as_deref().map(|cursor| {
        position(cursor)
            .ok_or_else(|| error::invalid("cursor", "This cursor was not made by this API."))
    });
    Ok(EventFilter {
        from: query.from,
        to: query.to,
        event: query.event.clone(),
        distinct_id: query.distinct_id.clone(),
        user_id: query.user_id.clone(),
        after: after.transpose()?,
        limit,
    })
}

fn position(cursor: &str) -> Option<(EpochMs, ItemHash)> {
    let (time, id) = cursor.rsplit_once('-')?;
    Some((time.parse().ok()?, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_foreign_one_refused() {
        let id = ItemHash([7; 16]);
        assert_eq!(position(&format!("-5-{id}")), Some((-5, id)));
        let foreign = EventsQuery {
            cursor: Some("x".into()),
            ..EventsQuery::default()
        };
        assert_eq!(
            filter(&foreign).unwrap_err().path.as_deref(),
            Some("cursor")
        );
        let large = EventsQuery {
            limit: Some(1001),
            ..EventsQuery::default()
        };
        assert!(filter(&large).is_err());
    }
}
