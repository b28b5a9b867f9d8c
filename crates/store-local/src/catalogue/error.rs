//! Why the catalogue could not do something: SQLite's errors as the store's.

use empmix_layout::LayoutError;
use empmix_store::StoreError;
use rusqlite::ErrorCode;

/// A [`StoreError`] that `?` also makes of SQLite's errors.
#[derive(Debug)]
pub(crate) struct CatalogueError(StoreError);

impl From<StoreError> for CatalogueError {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<CatalogueError> for StoreError {
    fn from(error: CatalogueError) -> Self {
        error.0
    }
}

impl From<rusqlite::Error> for CatalogueError {
    fn from(error: rusqlite::Error) -> Self {
        let message = error.to_string();
        Self(match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull) => {
                StoreError::Unavailable(message)
            }
            _ => StoreError::Storage(message),
        })
    }
}

impl From<LayoutError> for CatalogueError {
    fn from(error: LayoutError) -> Self {
        match error {
            LayoutError::Sqlite(error) => error.into(),
            other => Self(StoreError::Storage(other.to_string())),
        }
    }
}
