//! Projects and their keys.

use empmix_model::{
    ids::ProjectId,
    key::{KeyHash, ProjectKeys, PublicKey},
    project::Project,
};
use rusqlite::{Connection, ErrorCode, Row, params};

use super::fixed;
use super::{CatalogueError, code, text};
use empmix_store::{NewProject, StoreError};

const COLUMNS: &str =
    "no, id, name, timezone, week_start, public_key, secret_hash IS NOT NULL, created_at";

/// Makes a project and returns its number.
pub(crate) fn create(connection: &Connection, new: &NewProject) -> Result<i64, CatalogueError> {
    let inserted = connection.execute(
        "INSERT INTO projects (id, name, timezone, week_start, public_key, secret_hash, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            new.id.0,
            new.name,
            new.timezone,
            text(new.week_start),
            new.public_key.0,
            new.secret_hash.map(|hash| hash.0),
            new.created_at,
        ],
    );
    match inserted {
        Ok(_) => Ok(connection.last_insert_rowid()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Err(
            StoreError::Conflict(format!("a project named {:?} exists already", new.name)).into(),
        ),
        Err(error) => Err(error.into()),
    }
}

/// All projects with their numbers, oldest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<(i64, Project)>, CatalogueError> {
    let sql = format!("SELECT {COLUMNS} FROM projects ORDER BY created_at, no");
    let mut statement = connection.prepare_cached(&sql)?;
    let projects = statement.query_map([], |row| Ok((row.get(0)?, read(row)?)))?;
    Ok(projects.collect::<Result<_, _>>()?)
}

/// The keys of every project.
pub(crate) fn keys(connection: &Connection) -> Result<Vec<ProjectKeys>, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, public_key, secret_hash FROM projects ORDER BY created_at, no",
    )?;
    let keys = statement.query_map([], |row| {
        Ok(ProjectKeys {
            project: ProjectId(fixed(row, 0)?),
            public: PublicKey(row.get(1)?),
            secret: row.get::<_, Option<[u8; 32]>>(2)?.map(KeyHash),
        })
    })?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Replaces the public key.
pub(crate) fn set_public_key(
    connection: &Connection,
    project: ProjectId,
    key: &PublicKey,
) -> Result<(), CatalogueError> {
    found(connection.execute(
        "UPDATE projects SET public_key = ?2 WHERE id = ?1",
        params![project.0, key.0],
    )?)
}

/// Replaces the hash of the secret key.
pub(crate) fn set_secret_key(
    connection: &Connection,
    project: ProjectId,
    hash: KeyHash,
) -> Result<(), CatalogueError> {
    found(connection.execute(
        "UPDATE projects SET secret_hash = ?2 WHERE id = ?1",
        params![project.0, hash.0],
    )?)
}

fn found(changed: usize) -> Result<(), CatalogueError> {
    if changed == 0 {
        return Err(StoreError::NotFound("the project").into());
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: ProjectId(fixed(row, 1)?),
        name: row.get(2)?,
        timezone: row.get(3)?,
        week_start: code(row, 4, "first day of a week")?,
        public_key: PublicKey(row.get(5)?),
        has_secret_key: row.get(6)?,
        created_at: row.get(7)?,
    })
}
