//! Dense numbers of distinct ids and event names.

use rusqlite::{Connection, params};

use super::CatalogueError;
use super::{row_key, row_number};
use empmix_store::StoreError;

/// One of the two dictionaries of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dictionary {
    /// Distinct ids.
    Ids,
    /// Event names.
    EventNames,
}

impl Dictionary {
    fn insert_sql(self) -> &'static str {
        match self {
            Self::Ids => "INSERT INTO ids (row, id) VALUES (?1, ?2)",
            Self::EventNames => "INSERT INTO event_names (row, name) VALUES (?1, ?2)",
        }
    }

    fn select_sql(self) -> &'static str {
        match self {
            Self::Ids => "SELECT row, id FROM ids WHERE row >= ?1 AND row < ?2 ORDER BY row",
            Self::EventNames => {
                "SELECT row, name FROM event_names WHERE row >= ?1 AND row < ?2 ORDER BY row"
            }
        }
    }
}

/// Names the text of a number.
pub(crate) fn insert(
    connection: &Connection,
    dictionary: Dictionary,
    project: i64,
    number: u32,
    text: &str,
) -> Result<(), CatalogueError> {
    connection
        .prepare_cached(dictionary.insert_sql())?
        .execute(params![row_key(project, number.into()), text])?;
    Ok(())
}

/// Every text of a project, by number.
pub(crate) fn load(
    connection: &Connection,
    dictionary: Dictionary,
    project: i64,
) -> Result<Vec<String>, CatalogueError> {
    let mut statement = connection.prepare_cached(dictionary.select_sql())?;
    let mut rows = statement.query(params![row_key(project, 0), row_key(project + 1, 0)])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        if row_number(row.get(0)?) != texts.len() as u64 {
            return Err(StoreError::Storage(
                "a number is missing in a dictionary of the catalogue".into(),
            )
            .into());
        }
        texts.push(row.get(1)?);
    }
    Ok(texts)
}
