//! Names and types of a part's columns.

use std::sync::Arc;

use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    errors::ParquetError,
    schema::types::{Type, TypePtr},
};

/// The version of the layout that this release writes. It stands in the file, under
/// [`VERSION_KEY`] in the footer, and in the catalogue's record of the part.
pub(crate) const VERSION: i64 = 1;
/// The key of the version in a file's footer. A file without it has version 1.
pub(crate) const VERSION_KEY: &str = "empmix.layout";

/// Checks that this release reads a layout.
///
/// # Errors
/// The text says which version it is and which one this release reads.
pub(crate) fn check_version(found: &str) -> Result<(), String> {
    if found.parse() == Ok(VERSION) {
        return Ok(());
    }
    Err(format!(
        "it has layout version {found} and this release reads version {VERSION}: start the release that wrote it"
    ))
}

/// The columns that every part has, in their order in the file.
pub(crate) const FIXED: [(&str, Shape); 12] = [
    ("event", Shape::Text),
    ("distinct_id", Shape::Text),
    ("time", Shape::Time),
    ("client_time", Shape::OptionalTime),
    ("received_at", Shape::Time),
    ("insert_id", Shape::Text),
    ("session_id", Shape::OptionalText),
    ("id", Shape::Bytes),
    ("message_id", Shape::Bytes),
    ("content", Shape::Integer),
    ("id_index", Shape::Number),
    ("event_code", Shape::Number),
];

/// The column of properties that have none of their own.
pub(crate) const REST: &str = "rest";

/// The type of a fixed column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    OptionalText,
    Bytes,
    Time,
    OptionalTime,
    Integer,
    Number,
}

/// The type of a property's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Text,
    Number,
    Boolean,
    Json,
}

impl Kind {
    /// All kinds, in the order of their columns.
    pub(crate) const ALL: [Self; 4] = [Self::Text, Self::Number, Self::Boolean, Self::Json];

    fn suffix(self) -> &'static str {
        match self {
            Self::Text => ":s",
            Self::Number => ":n",
            Self::Boolean => ":b",
            Self::Json => ":j",
        }
    }

    /// The name of a property's column.
    pub(crate) fn column_name(self, property: &str) -> String {
        format!("{property}{}", self.suffix())
    }

    /// The property and the kind that a column's name says; `None` for other columns, none of
    /// which ends like this.
    pub(crate) fn of_column(name: &str) -> Option<(&str, Self)> {
        Self::ALL
            .into_iter()
            .find_map(|kind| Some((name.strip_suffix(kind.suffix())?, kind)))
    }
}

/// The schema of a part with some property columns, by column name and kind.
pub(crate) fn schema(properties: &[(String, Kind)], rest: bool) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    for (name, shape) in FIXED {
        fields.push(fixed_field(name, shape)?);
    }
    for (name, kind) in properties {
        fields.push(property_field(name, *kind)?);
    }
    if rest {
        fields.push(property_field(REST, Kind::Json)?);
    }
    let schema = Type::group_type_builder("events")
        .with_fields(fields)
        .build()?;
    Ok(Arc::new(schema))
}

fn fixed_field(name: &str, shape: Shape) -> Result<TypePtr, ParquetError> {
    let time = || Some(LogicalType::timestamp(true, TimeUnit::MILLIS));
    let (physical, repetition, logical) = match shape {
        Shape::Text => (
            Physical::BYTE_ARRAY,
            Repetition::REQUIRED,
            Some(LogicalType::String),
        ),
        Shape::OptionalText => (
            Physical::BYTE_ARRAY,
            Repetition::OPTIONAL,
            Some(LogicalType::String),
        ),
        Shape::Bytes => (Physical::BYTE_ARRAY, Repetition::REQUIRED, None),
        Shape::Time => (Physical::INT64, Repetition::REQUIRED, time()),
        Shape::OptionalTime => (Physical::INT64, Repetition::OPTIONAL, time()),
        Shape::Integer => (Physical::INT64, Repetition::REQUIRED, None),
        Shape::Number => (Physical::INT32, Repetition::REQUIRED, None),
    };
    field(name, physical, repetition, logical)
}

fn property_field(name: &str, kind: Kind) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Boolean => (Physical::BOOLEAN, None),
        Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
    };
    field(name, physical, Repetition::OPTIONAL, logical)
}

fn field(
    name: &str,
    physical: Physical,
    repetition: Repetition,
    logical: Option<LogicalType>,
) -> Result<TypePtr, ParquetError> {
    let field = Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}
