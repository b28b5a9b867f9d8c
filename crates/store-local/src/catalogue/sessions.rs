//! Session metrics: a fold of the events of each session.

use empmix_model::{EpochMs, ids::ItemHash, stored::SessionMetrics};
use rusqlite::{Connection, OptionalExtension, params};

use super::CatalogueError;

/// What new events say of one session; merging two is the fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionDelta {
    /// Time, hash and name of the first event.
    pub(crate) first: (EpochMs, ItemHash, String),
    /// Time, hash and name of the last event.
    pub(crate) last: (EpochMs, ItemHash, String),
    /// How many events.
    pub(crate) events: u64,
}

impl SessionDelta {
    /// The delta of one event.
    pub(crate) fn of(time: EpochMs, hash: ItemHash, event: &str) -> Self {
        Self {
            first: (time, hash, event.to_owned()),
            last: (time, hash, event.to_owned()),
            events: 1,
        }
    }

    /// Adds one event.
    pub(crate) fn add(&mut self, time: EpochMs, hash: ItemHash, event: &str) {
        self.events += 1;
        if (time, hash) < (self.first.0, self.first.1) {
            self.first = (time, hash, event.to_owned());
        }
        if (time, hash) > (self.last.0, self.last.1) {
            self.last = (time, hash, event.to_owned());
        }
    }
}

/// Folds a delta into what is stored.
pub(crate) fn add(
    connection: &Connection,
    project: i64,
    session: &str,
    delta: &SessionDelta,
) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(
            "INSERT INTO sessions (project, id, started_at, first_hash, first_event,
               last_active_at, last_hash, last_event, events)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET
               events = events + excluded.events,
               first_event = iif((excluded.started_at, excluded.first_hash) < (started_at, first_hash), excluded.first_event, first_event),
               first_hash = iif((excluded.started_at, excluded.first_hash) < (started_at, first_hash), excluded.first_hash, first_hash),
               started_at = min(started_at, excluded.started_at),
               last_event = iif((excluded.last_active_at, excluded.last_hash) > (last_active_at, last_hash), excluded.last_event, last_event),
               last_hash = iif((excluded.last_active_at, excluded.last_hash) > (last_active_at, last_hash), excluded.last_hash, last_hash),
               last_active_at = max(last_active_at, excluded.last_active_at)",
        )?
        .execute(params![
            project,
            session,
            delta.first.0,
            delta.first.1.0,
            delta.first.2,
            delta.last.0,
            delta.last.1.0,
            delta.last.2,
            delta.events.cast_signed(),
        ])?;
    Ok(())
}

/// The metrics of a session.
pub(crate) fn read(
    connection: &Connection,
    project: i64,
    session: &str,
) -> Result<Option<SessionMetrics>, CatalogueError> {
    let metrics = connection
        .prepare_cached(
            "SELECT started_at, last_active_at, events, first_event, last_event
             FROM sessions WHERE project = ?1 AND id = ?2",
        )?
        .query_row(params![project, session], |row| {
            Ok(SessionMetrics {
                session_id: session.to_owned(),
                started_at: row.get(0)?,
                last_active_at: row.get(1)?,
                events: row.get::<_, i64>(2)?.cast_unsigned(),
                first_event: row.get(3)?,
                last_event: row.get(4)?,
            })
        })
        .optional()?;
    Ok(metrics)
}
