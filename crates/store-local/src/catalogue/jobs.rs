//! Jobs, and which of their parts are accepted and stored.

use empmix_model::{
    EpochMs,
    envelope::JobPart,
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::fixed;
use super::{CatalogueError, code, text};
use empmix_store::StoreError;

/// Makes a job unless it exists.
pub(crate) fn open(
    connection: &Connection,
    id: JobId,
    project: i64,
    kind: JobKind,
    now: EpochMs,
) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO jobs (id, project, kind, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id.0, project, text(kind), text(JobState::Running), now])?;
    Ok(())
}

/// Adds parts to those that the broker accepted; the state that the job was last moved to.
pub(crate) fn accept(
    connection: &Connection,
    job: JobId,
    parts: &[u64],
) -> Result<JobState, CatalogueError> {
    let state = connection
        .prepare_cached("SELECT state FROM jobs WHERE id = ?1")?
        .query_row([job.0], |row| code(row, 0, "state of a job"))
        .optional()?
        .ok_or(StoreError::NotFound("the job"))?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO job_parts (job, part, accepted, stored) VALUES (?1, ?2, 1, 0)
         ON CONFLICT DO UPDATE SET accepted = 1",
    )?;
    for part in parts {
        statement.execute(params![job.0, part.cast_signed()])?;
    }
    Ok(state)
}

/// Marks a part as stored, also one whose acceptance was not noted yet.
pub(crate) fn store_part(connection: &Connection, part: JobPart) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(
            "INSERT INTO job_parts (job, part, accepted, stored) VALUES (?1, ?2, 0, 1)
             ON CONFLICT DO UPDATE SET stored = 1",
        )?
        .execute(params![part.job.0, part.part.cast_signed()])?;
    Ok(())
}

/// Moves a job to a state, unless it is in a final one.
pub(crate) fn set_state(
    connection: &Connection,
    job: JobId,
    state: JobState,
    error: Option<&str>,
) -> Result<(), CatalogueError> {
    let [cancelled, failed] = JobState::FINAL;
    let changed = connection.execute(
        "UPDATE jobs SET
           state = iif(state IN (?4, ?5), state, ?2), error = iif(state IN (?4, ?5), error, ?3)
         WHERE id = ?1",
        params![job.0, text(state), error, text(cancelled), text(failed)],
    )?;
    if changed == 0 {
        return Err(StoreError::NotFound("the job").into());
    }
    Ok(())
}

/// A job and its progress. Closing reads as done once every accepted part is stored.
pub(crate) fn read(connection: &Connection, id: JobId) -> Result<Job, CatalogueError> {
    let job = connection
        .prepare_cached(
            "SELECT p.id, j.kind, j.state, j.error, j.created_at,
               (SELECT count(*) FROM job_parts WHERE job = j.id AND stored = 1),
               (SELECT count(*) FROM job_parts WHERE job = j.id AND accepted = 1),
               (SELECT count(*) FROM job_parts WHERE job = j.id AND accepted = 1 AND stored = 0)
             FROM jobs j JOIN projects p ON no = j.project WHERE j.id = ?1",
        )?
        .query_row([id.0], |row| {
            let waiting: i64 = row.get(7)?;
            let state = match code(row, 2, "state of a job")? {
                JobState::Closing if waiting == 0 => JobState::Done,
                state => state,
            };
            Ok(Job {
                id,
                project: ProjectId(fixed(row, 0)?),
                kind: code(row, 1, "kind of a job")?,
                state,
                done: row.get::<_, i64>(5)?.cast_unsigned(),
                total: row.get::<_, i64>(6)?.cast_unsigned(),
                error: row.get(3)?,
                created_at: row.get(4)?,
            })
        })
        .optional()?;
    Ok(job.ok_or(StoreError::NotFound("the job"))?)
}
