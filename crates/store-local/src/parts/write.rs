//! Writing a part's file.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use empmix_model::{EpochMs, Properties};
use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
};
use serde_json::Value;

use super::{
    filter::IdFilter,
    gather::Run,
    layout::{self, Kind},
    sealed::{IdDays, PartRecord},
};
use crate::{
    memory::chunk::NumberedRow,
    memory::properties::{PropertyColumn, PropertyColumns},
    memory::summary::Summary,
};
use empmix_store::StoreError;

/// Properties that get columns of their own; the most frequent ones do.
pub(crate) const MAX_PROPERTIES: usize = 1000;
/// Rows of a row group: what an outside reader takes in one piece.
const GROUP_ROWS: usize = 131_072;

/// Writes rows to a new file, and syncs it.
fn write_file(path: &Path, run: &Run) -> Result<(), StoreError> {
    let file = File::create(path).map_err(failed)?;
    let mut writer = write(file, run).map_err(failed)?;
    writer.flush().map_err(failed)?;
    writer.sync_all().map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Storage(format!("a part could not be written: {error}"))
}

fn write(file: File, run: &Run) -> Result<File, ParquetError> {
    let columns = Columns::of(&run.properties);
    let named: Vec<(String, Kind)> = columns
        .own
        .iter()
        .map(|column| (column.name.clone(), column.kind))
        .collect();
    let schema = layout::schema(&named, columns.rest.is_some())?;
    let settings = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("empmix".into())
        .set_key_value_metadata(Some(vec![KeyValue::new(
            layout::VERSION_KEY.to_owned(),
            layout::VERSION.to_string(),
        )]))
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(settings))?;
    for (at, group_rows) in (0..).zip(run.rows.chunks(GROUP_ROWS)) {
        let mut group = writer.next_row_group()?;
        fixed_columns(&mut group, group_rows)?;
        let first = at * GROUP_ROWS;
        for column in columns.own.iter().chain(&columns.rest) {
            column.write(&mut group, first, group_rows.len())?;
        }
        group.close()?;
    }
    writer.into_inner()
}

/// In the order of `layout::FIXED`.
fn fixed_columns(
    group: &mut SerializedRowGroupWriter<'_, File>,
    rows: &[NumberedRow],
) -> Result<(), ParquetError> {
    let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    let each = || rows.iter().map(|row| &row.row);
    let required = None;
    put::<ByteArrayType>(group, each().map(|row| text(&row.event)), required)?;
    put::<ByteArrayType>(group, each().map(|row| text(&row.distinct_id)), required)?;
    put::<Int64Type>(group, each().map(|row| row.time), required)?;
    let has: Vec<i16> = each().map(|row| row.client_time.is_some().into()).collect();
    put::<Int64Type>(group, each().filter_map(|row| row.client_time), Some(&has))?;
    put::<Int64Type>(group, each().map(|row| row.received_at), required)?;
    put::<ByteArrayType>(group, each().map(|row| text(&row.insert_id)), required)?;
    let has: Vec<i16> = each().map(|row| row.session_id.is_some().into()).collect();
    let sessions = each().filter_map(|row| row.session_id.as_deref().map(text));
    put::<ByteArrayType>(group, sessions, Some(&has))?;
    let bytes = |bytes: &[u8]| ByteArray::from(bytes.to_vec());
    put::<ByteArrayType>(group, each().map(|row| bytes(&row.hash.0)), required)?;
    put::<ByteArrayType>(group, each().map(|row| bytes(&row.message_id)), required)?;
    put::<Int64Type>(group, each().map(|row| row.content), required)?;
    put::<Int32Type>(group, rows.iter().map(|row| row.id.cast_signed()), required)?;
    put::<Int32Type>(
        group,
        rows.iter().map(|row| row.code.cast_signed()),
        required,
    )
}

/// Writes the next column: the values, and for an optional one where they stand (1 or 0 per row).
fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: impl Iterator<Item = T::T>,
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("the schema has fewer columns".into()))?;
    let values: Vec<T::T> = values.collect();
    column.typed::<T>().write_batch(&values, present, None)?;
    column.close()
}

/// The property columns of a part.
struct Columns {
    own: Vec<TypedColumn>,
    rest: Option<TypedColumn>,
}

/// A property's values of one type: (row, index of the value), ascending.
struct TypedColumn {
    name: String,
    kind: Kind,
    cells: Vec<(u32, u32)>,
    values: Values,
}

enum Values {
    Text(Vec<ByteArray>),
    Numbers(Vec<f64>),
    Booleans(Vec<bool>),
}

impl Columns {
    fn of(properties: &PropertyColumns) -> Self {
        let mut named: Vec<(&str, &PropertyColumn, usize)> = properties
            .iter()
            .map(|(name, column)| (name, column, column.cells() + column.nulls().len()))
            .collect();
        named.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(b.0)));
        let beyond = named.split_off(named.len().min(MAX_PROPERTIES));
        named.sort_by_key(|(name, ..)| *name);
        let own = named
            .into_iter()
            .flat_map(|(name, column, _)| typed_columns(name, column))
            .collect();
        Self {
            own,
            rest: rest(&beyond),
        }
    }
}

fn typed_columns(name: &str, column: &PropertyColumn) -> Vec<TypedColumn> {
    let kinds: Vec<Kind> = column.values.iter().map(kind_of).collect();
    let mut cells: HashMap<Kind, Vec<(u32, u32)>> = HashMap::new();
    column.each(|row, code| {
        let kind = kinds[code as usize];
        cells.entry(kind).or_default().push((row, code));
    });
    if !column.nulls().is_empty() {
        // `null` is the value after the last one.
        let null = u32::try_from(column.values.len()).unwrap_or(u32::MAX);
        let json = cells.entry(Kind::Json).or_default();
        json.extend(column.nulls().iter().map(|row| (*row, null)));
        json.sort_unstable();
    }
    let ordered: BTreeMap<Kind, Vec<(u32, u32)>> = cells.into_iter().collect();
    ordered
        .into_iter()
        .map(|(kind, cells)| TypedColumn {
            name: kind.column_name(name),
            kind,
            cells,
            values: Values::of(kind, &column.values),
        })
        .collect()
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::String(_) => Kind::Text,
        Value::Number(_) => Kind::Number,
        Value::Bool(_) => Kind::Boolean,
        Value::Null | Value::Array(_) | Value::Object(_) => Kind::Json,
    }
}

impl Values {
    /// One per value, of which those of another kind are never asked for; `null` last.
    fn of(kind: Kind, values: &[Value]) -> Self {
        let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
        match kind {
            Kind::Text => Self::Text(
                values
                    .iter()
                    .map(|v| text(v.as_str().unwrap_or("")))
                    .collect(),
            ),
            Kind::Number => {
                Self::Numbers(values.iter().map(|v| v.as_f64().unwrap_or(0.0)).collect())
            }
            Kind::Boolean => Self::Booleans(
                values
                    .iter()
                    .map(|v| v.as_bool().unwrap_or(false))
                    .collect(),
            ),
            Kind::Json => {
                let null = &Value::Null;
                let all = values.iter().chain([null]);
                Self::Text(all.map(|value| text(&value.to_string())).collect())
            }
        }
    }
}

/// The column of what has none of its own: an object per row.
fn rest(beyond: &[(&str, &PropertyColumn, usize)]) -> Option<TypedColumn> {
    let mut objects: BTreeMap<u32, Properties> = BTreeMap::new();
    for (name, column, _) in beyond {
        let mut rows: Vec<u32> = column.nulls().to_vec();
        column.each(|row, _| rows.push(row));
        for row in rows {
            if let Some(value) = column.value(row) {
                objects
                    .entry(row)
                    .or_default()
                    .insert((*name).to_owned(), value);
            }
        }
    }
    if objects.is_empty() {
        return None;
    }
    let cells = objects.keys().copied().zip(0..).collect();
    let values: Vec<Value> = objects.into_values().map(Value::Object).collect();
    Some(TypedColumn {
        name: layout::REST.into(),
        kind: Kind::Json,
        cells,
        values: Values::of(Kind::Json, &values),
    })
}

impl TypedColumn {
    /// Writes the rows of one group.
    fn write(
        &self,
        group: &mut SerializedRowGroupWriter<'_, File>,
        first: usize,
        rows: usize,
    ) -> Result<(), ParquetError> {
        let position = |row: usize| self.cells.partition_point(|cell| (cell.0 as usize) < row);
        let cells = &self.cells[position(first)..position(first + rows)];
        let mut present = vec![0_i16; rows];
        for (row, _) in cells {
            present[*row as usize - first] = 1;
        }
        let codes = cells.iter().map(|(_, code)| *code as usize);
        match &self.values {
            Values::Text(values) => put::<ByteArrayType>(
                group,
                codes.map(|code| values[code].clone()),
                Some(&present),
            ),
            Values::Numbers(values) => {
                put::<DoubleType>(group, codes.map(|code| values[code]), Some(&present))
            }
            Values::Booleans(values) => {
                put::<BoolType>(group, codes.map(|code| values[code]), Some(&present))
            }
        }
    }
}

/// The directory of parts.
pub(crate) struct PartsDir<'a>(pub(crate) &'a Path);

impl PartsDir<'_> {
    /// Writes rows to a part of this number, durably. The catalogue does not name it yet.
    pub(crate) fn write(&self, number: i64, run: &Run) -> Result<PartRecord, StoreError> {
        let file = format!("{number:08}.parquet");
        let path = self.0.join(&file);
        let aside = self.0.join(format!("{file}.tmp"));
        write_file(&aside, run)?;
        let (bytes, checksum) = checksum(&aside).map_err(failed)?;
        std::fs::rename(&aside, &path).map_err(failed)?;
        empmix_layout::sync_name(&path).map_err(failed)?;
        let rows = &run.rows;
        let times: Vec<EpochMs> = rows.iter().map(|row| row.row.time).collect();
        let codes: Vec<u32> = rows.iter().map(|row| row.code).collect();
        Ok(PartRecord {
            number,
            layout: layout::VERSION,
            file,
            rows: rows.len(),
            bytes,
            time_range: (
                times.iter().copied().min().unwrap_or(0),
                times.iter().copied().max().unwrap_or(0),
            ),
            checksum,
            id_days: IdDays::of(rows),
            filter: IdFilter::of(rows.iter().map(|row| row.row.hash)),
            summary: Arc::new(Summary::of(&codes, &times, &run.properties)),
        })
    }

    /// Checks the named files, and removes those that the catalogue does not name.
    ///
    /// # Errors
    /// [`StoreError::Storage`] when a named file is missing or is not what was written.
    pub(crate) fn check(&self, named: &[PartRecord]) -> Result<(), StoreError> {
        std::fs::create_dir_all(self.0).map_err(failed)?;
        empmix_layout::sync_name(self.0).map_err(failed)?;
        for part in named {
            let path = self.0.join(&part.file);
            let found = checksum(&path).map_err(|error| {
                StoreError::Storage(format!(
                    "the part {} cannot be read ({error}): put it back from a backup; without it {} events are missing",
                    path.display(),
                    part.rows
                ))
            })?;
            if found != (part.bytes, part.checksum) {
                return Err(StoreError::Storage(format!(
                    "the part {} is damaged (its checksum is wrong): put it back from a backup",
                    path.display()
                )));
            }
        }
        let names: HashSet<&str> = named.iter().map(|part| part.file.as_str()).collect();
        for entry in std::fs::read_dir(self.0).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if !name.to_str().is_some_and(|name| names.contains(name)) {
                tracing::info!(?name, "removing a file that no part names");
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// A file's length and CRC-32.
fn checksum(path: &Path) -> std::io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hasher.finalize())),
            read => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}
