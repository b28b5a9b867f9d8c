//! Enums as text in columns. A text that this release does not know is an error, never a default:
//! the file is damaged, or a newer release has written it.

use std::str::FromStr;

use rusqlite::{Row, types::Type};

/// A text that names no value of the enum.
#[derive(Debug)]
struct UnknownCode {
    what: &'static str,
    text: String,
}

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, text } = self;
        write!(
            f,
            "unknown {what} {text:?}: the catalogue is damaged, or a newer release wrote it"
        )
    }
}

impl std::error::Error for UnknownCode {}

/// The text of an enum's value.
pub(super) fn text(value: impl Into<&'static str>) -> &'static str {
    value.into()
}

/// The value whose text a column holds.
pub(super) fn code<T: FromStr>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| unknown(column, what, &text))
}

/// The same for a column that may be null.
pub(super) fn optional_code<T: FromStr>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| unknown(column, what, &text)))
        .transpose()
}

/// The error of a code that is unknown.
pub(super) fn unknown(column: usize, what: &'static str, text: &str) -> rusqlite::Error {
    let text = text.to_owned();
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, UnknownCode { what, text }.into())
}
