//! Reading columns of a part's file.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    path::Path,
};

use empmix_engine::EngineError;
use empmix_model::{Properties, ids::ItemHash};
use parquet::{
    column::reader::{ColumnReaderImpl, get_typed_column_reader},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        metadata::FileMetaData,
        reader::{FileReader, SerializedFileReader},
    },
};
use serde_json::Value;

use super::layout::{self, Kind, REST};
use crate::{
    memory::chunk::NumberedRow,
    memory::number::number_value,
    memory::properties::{CellsBuilder, PropertyColumn, PropertyColumns},
    memory::row::{EventRow, StoredItem},
};

/// An open part file.
pub(crate) struct PartReader {
    reader: SerializedFileReader<File>,
    rows: usize,
    columns: HashMap<String, usize>,
    properties: BTreeMap<String, Vec<(Kind, usize)>>,
}

/// Values of a column, and for an optional one where they stand: 1 or 0 per row.
struct Cells<T> {
    values: Vec<T>,
    present: Vec<i16>,
}

/// The version of the layout in the footer.
fn version(metadata: &FileMetaData) -> &str {
    let pairs = metadata.key_value_metadata().into_iter().flatten();
    let mut found = pairs.filter(|pair| pair.key == layout::VERSION_KEY);
    // Parts of the first releases have no version; a version without a value is unknown.
    found
        .next()
        .map_or("1", |pair| pair.value.as_deref().unwrap_or(""))
}

impl PartReader {
    /// Opens a file and reads what columns it has.
    pub(crate) fn open(path: &Path) -> Result<Self, ParquetError> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let metadata = reader.metadata().file_metadata();
        layout::check_version(version(metadata)).map_err(ParquetError::General)?;
        let rows = row_count(metadata.num_rows())?;
        let columns: HashMap<String, usize> = metadata
            .schema_descr()
            .columns()
            .iter()
            .enumerate()
            .map(|(at, column)| (column.name().to_owned(), at))
            .collect();
        let mut properties: BTreeMap<String, Vec<(Kind, usize)>> = BTreeMap::new();
        for (name, at) in &columns {
            if let Some((property, kind)) = Kind::of_column(name) {
                properties
                    .entry(property.to_owned())
                    .or_default()
                    .push((kind, *at));
            }
        }
        Ok(Self {
            reader,
            rows,
            columns,
            properties,
        })
    }

    /// How many rows it holds.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Properties that have columns of their own, by name.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &str> {
        self.properties.keys().map(String::as_str)
    }

    /// Whether there are properties beyond those.
    pub(crate) fn has_rest(&self) -> bool {
        self.columns.contains_key(REST)
    }

    /// A column of dense numbers.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<u32>, EngineError> {
        let cells = self.named::<Int32Type>(name)?;
        Ok(cells.values.into_iter().map(i32::cast_unsigned).collect())
    }

    /// A column of times, or other integers.
    pub(crate) fn integers(&self, name: &str) -> Result<Vec<i64>, EngineError> {
        Ok(self.named::<Int64Type>(name)?.values)
    }

    /// The item hashes.
    pub(crate) fn hashes(&self) -> Result<Vec<ItemHash>, EngineError> {
        let ids = self.named::<ByteArrayType>("id")?.values;
        ids.iter().map(|id| sixteen(id).map(ItemHash)).collect()
    }

    /// What tells duplicates from conflicts, by hash, ascending.
    pub(crate) fn known(&self) -> Result<Vec<(ItemHash, StoredItem)>, EngineError> {
        let messages = self.named::<ByteArrayType>("message_id")?.values;
        let contents = self.integers("content")?;
        let rows = self.hashes()?.into_iter().zip(messages).zip(contents);
        let mut known = rows
            .map(|((hash, message), content)| {
                let message_id = sixteen(&message)?;
                Ok((
                    hash,
                    StoredItem {
                        content,
                        message_id,
                    },
                ))
            })
            .collect::<Result<Vec<_>, EngineError>>()?;
        known.sort_unstable_by_key(|(hash, _)| *hash);
        Ok(known)
    }

    /// The session ids.
    pub(crate) fn sessions(&self) -> Result<PropertyColumn, EngineError> {
        let mut builder = CellsBuilder::default();
        text(
            &mut builder,
            &self.named::<ByteArrayType>("session_id")?,
            |text| Value::String(text.to_owned()),
        )?;
        Ok(builder.finish(self.rows))
    }

    /// The values of a property that has columns of its own.
    pub(crate) fn property(&self, name: &str) -> Result<PropertyColumn, EngineError> {
        let mut builder = CellsBuilder::default();
        for (kind, column) in self.properties.get(name).into_iter().flatten() {
            match kind {
                Kind::Text => {
                    let cells = self.column::<ByteArrayType>(*column)?;
                    text(&mut builder, &cells, |text| Value::String(text.to_owned()))?;
                }
                Kind::Json => json(&mut builder, &self.column::<ByteArrayType>(*column)?)?,
                Kind::Number => numbers(&mut builder, &self.column::<DoubleType>(*column)?),
                Kind::Boolean => {
                    let cells = self.column::<BoolType>(*column)?;
                    let codes = [false, true].map(|value| (value, builder.code(&value.into())));
                    cells.each(|row, value| {
                        builder.push_code(row, codes[usize::from(*value)].1);
                    });
                }
            }
        }
        Ok(builder.finish(self.rows))
    }

    /// The properties that have no columns of their own.
    pub(crate) fn rest(&self) -> Result<PropertyColumns, EngineError> {
        let cells = self.named::<ByteArrayType>(REST)?;
        let mut rows = vec![Properties::new(); self.rows];
        let mut failure = None;
        cells.each(|row, bytes| match serde_json::from_slice(bytes.data()) {
            Ok(properties) => rows[row as usize] = properties,
            Err(error) => failure = Some(damaged(error)),
        });
        failure.map_or_else(|| Ok(PropertyColumns::of(rows.iter())), Err)
    }

    /// Every row, without its properties.
    pub(crate) fn bare_rows(&self) -> Result<Vec<NumberedRow>, EngineError> {
        let (mut events, mut distinct_ids) = (self.texts("event")?, self.texts("distinct_id")?);
        let (mut insert_ids, mut sessions) = (self.texts("insert_id")?, self.texts("session_id")?);
        let (times, received) = (self.integers("time")?, self.integers("received_at")?);
        let client_times = self.named::<Int64Type>("client_time")?.spread(self.rows);
        let (ids, codes) = (self.numbers("id_index")?, self.numbers("event_code")?);
        let (hashes, contents) = (self.hashes()?, self.integers("content")?);
        let messages = self.named::<ByteArrayType>("message_id")?.values;
        let required = |text: &mut Option<String>| {
            let text = text.take();
            text.ok_or_else(|| damaged("a text that every row has is missing"))
        };
        let rows = (0..self.rows).map(|at| {
            let mut row = EventRow {
                hash: hashes[at],
                event: required(&mut events[at])?,
                distinct_id: required(&mut distinct_ids[at])?,
                time: times[at],
                client_time: client_times[at],
                received_at: received[at],
                insert_id: required(&mut insert_ids[at])?,
                session_id: sessions[at].take(),
                message_id: sixteen(&messages[at])?,
                content: contents[at],
                properties: Properties::new(),
                id_day: None,
            };
            row.id_day = row.dated();
            Ok(NumberedRow {
                id: ids[at],
                code: codes[at],
                row,
            })
        });
        rows.collect()
    }

    fn texts(&self, name: &str) -> Result<Vec<Option<String>>, EngineError> {
        let mut texts = vec![None; self.rows];
        let cells = self.named::<ByteArrayType>(name)?;
        let mut failure = None;
        cells.each(|row, bytes| match std::str::from_utf8(bytes.data()) {
            Ok(text) => texts[row as usize] = Some(text.to_owned()),
            Err(error) => failure = Some(damaged(error)),
        });
        failure.map_or(Ok(texts), Err)
    }

    fn named<T: DataType>(&self, name: &str) -> Result<Cells<T::T>, EngineError> {
        let column = self
            .columns
            .get(name)
            .ok_or_else(|| damaged(format!("it has no column {name:?}")))?;
        self.column::<T>(*column)
    }

    fn column<T: DataType>(&self, column: usize) -> Result<Cells<T::T>, EngineError> {
        let mut cells = Cells {
            values: Vec::with_capacity(self.rows),
            present: Vec::new(),
        };
        let mut total = 0;
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group).map_err(damaged)?;
            let rows = row_count(group.metadata().num_rows()).map_err(damaged)?;
            let reader = group.get_column_reader(column).map_err(damaged)?;
            let mut reader: ColumnReaderImpl<T> = get_typed_column_reader(reader);
            let mut read = 0;
            while read < rows {
                let present = Some(&mut cells.present);
                let (records, ..) = reader
                    .read_records(rows - read, present, None, &mut cells.values)
                    .map_err(damaged)?;
                if records == 0 {
                    return Err(damaged("a column ends too early"));
                }
                read += records;
            }
            total += rows;
        }
        if total != self.rows {
            return Err(damaged("a column has another number of rows than the file"));
        }
        Ok(cells)
    }
}

impl<T: Clone> Cells<T> {
    /// A value or none per row.
    fn spread(&self, rows: usize) -> Vec<Option<T>> {
        let mut spread = vec![None; rows];
        self.each(|row, value| spread[row as usize] = Some(value.clone()));
        spread
    }

    /// Calls `visit` with every row that has a value.
    fn each(&self, mut visit: impl FnMut(u32, &T)) {
        if self.present.is_empty() {
            (0_u32..)
                .zip(&self.values)
                .for_each(|(row, value)| visit(row, value));
            return;
        }
        let rows = (0_u32..)
            .zip(&self.present)
            .filter(|(_, present)| **present == 1);
        rows.zip(&self.values)
            .for_each(|((row, _), value)| visit(row, value));
    }
}

fn text(
    builder: &mut CellsBuilder,
    cells: &Cells<ByteArray>,
    value: impl Fn(&str) -> Value,
) -> Result<(), EngineError> {
    let mut codes: HashMap<&[u8], u32> = HashMap::new();
    for bytes in &cells.values {
        if !codes.contains_key(bytes.data()) {
            let text = std::str::from_utf8(bytes.data()).map_err(damaged)?;
            codes.insert(bytes.data(), builder.code(&value(text)));
        }
    }
    cells.each(|row, bytes| builder.push_code(row, codes[bytes.data()]));
    Ok(())
}

fn json(builder: &mut CellsBuilder, cells: &Cells<ByteArray>) -> Result<(), EngineError> {
    let mut values: HashMap<&[u8], Value> = HashMap::new();
    for bytes in &cells.values {
        if !values.contains_key(bytes.data()) {
            let value = serde_json::from_slice(bytes.data()).map_err(damaged)?;
            values.insert(bytes.data(), value);
        }
    }
    cells.each(|row, bytes| builder.push(row, &values[bytes.data()]));
    Ok(())
}

fn numbers(builder: &mut CellsBuilder, cells: &Cells<f64>) {
    let mut codes: HashMap<u64, u32> = HashMap::new();
    cells.each(|row, number| {
        let code = codes
            .entry(number.to_bits())
            .or_insert_with(|| builder.code(&number_value(*number)));
        builder.push_code(row, *code);
    });
}

fn row_count(rows: i64) -> Result<usize, ParquetError> {
    usize::try_from(rows).map_err(|error| ParquetError::General(error.to_string()))
}

fn sixteen(bytes: &ByteArray) -> Result<[u8; 16], EngineError> {
    bytes.data().try_into().map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> EngineError {
    EngineError::Part(error.to_string())
}
