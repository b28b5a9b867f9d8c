//! Properties of many rows as columns: one per name, dictionary-coded.
//!
//! A column that most rows lack is kept as (row, code) pairs and spread out when it is asked for,
//! so that many rare names cost no more than what they hold. `null` is nothing to a report but
//! part of the event, so the rows that hold it are remembered beside the column.

use std::{collections::HashMap, sync::Arc};

use empmix_engine::{Column, MISSING};
use empmix_model::Properties;
use serde_json::Value;

/// A column is spread out when at least one row in so many has a value.
const SPREAD_FROM: usize = 4;

/// Columns by property name.
#[derive(Debug, Default)]
pub(crate) struct PropertyColumns {
    rows: usize,
    columns: HashMap<String, PropertyColumn>,
}

/// The values of one property.
#[derive(Debug)]
pub(crate) struct PropertyColumn {
    pub(crate) values: Arc<[Value]>,
    cells: Cells,
    /// Rows that hold `null`, ascending.
    nulls: Box<[u32]>,
}

#[derive(Debug)]
enum Cells {
    Dense(Arc<[u32]>),
    Sparse { rows: Box<[u32]>, codes: Box<[u32]> },
}

impl PropertyColumns {
    /// The columns of rows given in order.
    pub(crate) fn of<'a>(rows: impl Iterator<Item = &'a Properties>) -> Self {
        let mut builder = PropertyColumnsBuilder::default();
        let mut count = 0;
        for (row, properties) in (0_u32..).zip(rows) {
            for (name, value) in properties {
                builder.push(name, row, value);
            }
            count += 1;
        }
        builder.finish(count)
    }

    /// All columns by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &PropertyColumn)> {
        self.columns
            .iter()
            .map(|(name, column)| (name.as_str(), column))
    }

    /// The properties of one row, as they were written.
    pub(crate) fn row(&self, row: u32) -> Properties {
        self.columns
            .iter()
            .filter_map(|(name, column)| Some((name.clone(), column.value(row)?)))
            .collect()
    }

    /// The engine's view of a column; `None` when no row has a value.
    pub(crate) fn column(&self, name: &str) -> Option<Column> {
        self.columns.get(name)?.column(self.rows)
    }
}

impl PropertyColumn {
    /// Calls `visit` with every row that has a value, and its code; in row order.
    pub(crate) fn each(&self, mut visit: impl FnMut(u32, u32)) {
        match &self.cells {
            Cells::Dense(codes) => (0_u32..)
                .zip(codes.iter())
                .filter(|(_, code)| **code != MISSING)
                .for_each(|(row, code)| visit(row, *code)),
            Cells::Sparse { rows, codes } => rows
                .iter()
                .zip(codes)
                .for_each(|(row, code)| visit(*row, *code)),
        }
    }

    /// How many rows have a value.
    pub(crate) fn cells(&self) -> usize {
        match &self.cells {
            Cells::Dense(codes) => codes.iter().filter(|code| **code != MISSING).count(),
            Cells::Sparse { rows, .. } => rows.len(),
        }
    }

    /// Rows that hold `null`.
    pub(crate) fn nulls(&self) -> &[u32] {
        &self.nulls
    }

    /// The engine's view over this many rows; `None` when no row has a value.
    pub(crate) fn column(&self, rows: usize) -> Option<Column> {
        (!self.values.is_empty()).then(|| Column::Coded {
            codes: self.spread(rows),
            values: self.values.clone(),
        })
    }

    /// About how many bytes of memory it holds.
    pub(crate) fn bytes(&self) -> usize {
        let cells = match &self.cells {
            Cells::Dense(codes) => codes.len() * 4,
            Cells::Sparse { rows, .. } => rows.len() * 8,
        };
        let text = |value: &Value| value.as_str().map_or(0, str::len);
        cells
            + self.nulls.len() * 4
            + self
                .values
                .iter()
                .map(|value| 64 + text(value))
                .sum::<usize>()
    }

    /// A row's value, `null` included.
    pub(crate) fn value(&self, row: u32) -> Option<Value> {
        let code = match &self.cells {
            Cells::Dense(codes) => codes.get(row as usize).copied(),
            Cells::Sparse { rows, codes } => rows.binary_search(&row).ok().map(|at| codes[at]),
        };
        let value = code.and_then(|code| self.values.get(code as usize));
        match value {
            Some(value) => Some(value.clone()),
            None => self.nulls.binary_search(&row).ok().map(|_| Value::Null),
        }
    }

    fn spread(&self, rows: usize) -> Arc<[u32]> {
        match &self.cells {
            Cells::Dense(codes) => codes.clone(),
            Cells::Sparse { .. } => {
                let mut codes = vec![MISSING; rows];
                self.each(|row, code| codes[row as usize] = code);
                codes.into()
            }
        }
    }
}

/// Makes columns cell by cell, in any order of rows.
#[derive(Debug, Default)]
pub(crate) struct PropertyColumnsBuilder {
    columns: HashMap<String, CellsBuilder>,
}

/// Makes one column cell by cell, in any order of rows.
#[derive(Debug, Default)]
pub(crate) struct CellsBuilder {
    cells: Vec<(u32, u32)>,
    values: Vec<Value>,
    known: HashMap<Value, u32>,
    nulls: Vec<u32>,
}

impl PropertyColumnsBuilder {
    /// Adds a row's value of a property.
    pub(crate) fn push(&mut self, name: &str, row: u32, value: &Value) {
        match self.columns.get_mut(name) {
            Some(cells) => cells.push(row, value),
            None => self
                .columns
                .entry(name.to_owned())
                .or_default()
                .push(row, value),
        }
    }

    /// Adds a column whose rows have new numbers: `new_row[old]`, [`MISSING`] for a row that is left out.
    pub(crate) fn append(&mut self, name: &str, column: &PropertyColumn, new_row: &[u32]) {
        let cells = self.columns.entry(name.to_owned()).or_default();
        let mut codes = vec![MISSING; column.values.len()];
        column.each(|row, code| {
            let row = new_row[row as usize];
            if row == MISSING {
                return;
            }
            let known = &mut codes[code as usize];
            if *known == MISSING {
                *known = cells.code(&column.values[code as usize]);
            }
            cells.cells.push((row, *known));
        });
        let nulls = column.nulls().iter().map(|row| new_row[*row as usize]);
        cells.nulls.extend(nulls.filter(|row| *row != MISSING));
    }

    /// The columns over this many rows.
    pub(crate) fn finish(self, rows: usize) -> PropertyColumns {
        let columns = self
            .columns
            .into_iter()
            .filter(|(_, cells)| !cells.cells.is_empty() || !cells.nulls.is_empty())
            .map(|(name, cells)| (name, cells.finish(rows)))
            .collect();
        PropertyColumns { rows, columns }
    }
}

impl CellsBuilder {
    /// Adds a row's value.
    pub(crate) fn push(&mut self, row: u32, value: &Value) {
        if value.is_null() {
            self.nulls.push(row);
        } else {
            let code = self.code(value);
            self.cells.push((row, code));
        }
    }

    /// Adds a row's value by the code that [`CellsBuilder::code`] gave.
    pub(crate) fn push_code(&mut self, row: u32, code: u32) {
        self.cells.push((row, code));
    }

    /// The code of a value that is not `null`.
    pub(crate) fn code(&mut self, value: &Value) -> u32 {
        if let Some(code) = self.known.get(value) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(MISSING);
        self.values.push(value.clone());
        self.known.insert(value.clone(), code);
        code
    }

    /// The column over this many rows.
    pub(crate) fn finish(mut self, rows: usize) -> PropertyColumn {
        self.nulls.sort_unstable();
        let cells = if self.cells.len() * SPREAD_FROM >= rows {
            let mut codes = vec![MISSING; rows];
            for (row, code) in self.cells {
                codes[row as usize] = code;
            }
            Cells::Dense(codes.into())
        } else {
            self.cells.sort_unstable();
            Cells::Sparse {
                rows: self.cells.iter().map(|(row, _)| *row).collect(),
                codes: self.cells.iter().map(|(_, code)| *code).collect(),
            }
        };
        PropertyColumn {
            values: self.values.into(),
            cells,
            nulls: self.nulls.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn properties(value: Value) -> Properties {
        match value {
            Value::Object(map) => map,
            _ => Properties::new(),
        }
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let rows: Vec<Properties> = [
            json!({"a": 1, "b": null, "": "x"}),
            json!({}),
            json!({"a": "1", "$where": [1, {"deep": [null]}], "__proto__": {"a.b": true}}),
            json!({"b": 2.5}),
            json!({}),
            json!({}),
        ]
        .into_iter()
        .map(properties)
        .collect();
        let columns = PropertyColumns::of(rows.iter());
        for (at, row) in (0..).zip(&rows) {
            assert_eq!(&columns.row(at), row);
        }
        let Some(Column::Coded { codes, values }) = columns.column("b") else {
            panic!("a column")
        };
        assert_eq!(values[codes[3] as usize], json!(2.5));
        assert_eq!(codes[0], MISSING, "null is nothing");
        assert!(columns.column("c").is_none());
    }

    #[test]
    fn columns_append_under_new_row_numbers() {
        let one = PropertyColumns::of([properties(json!({"a": 1, "b": null}))].iter());
        let two = PropertyColumns::of([properties(json!({"a": 1})), properties(json!({}))].iter());
        let mut builder = PropertyColumnsBuilder::default();
        for (columns, new_row) in [(&one, &[1][..]), (&two, &[2, 0][..])] {
            for (name, column) in columns.iter() {
                builder.append(name, column, new_row);
            }
        }
        let merged = builder.finish(3);
        let rows: Vec<_> = (0..3).map(|row| Value::Object(merged.row(row))).collect();
        assert_eq!(
            rows,
            [json!({}), json!({"a": 1, "b": null}), json!({"a": 1})]
        );
    }
}
