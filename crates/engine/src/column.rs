//! One column of properties: a value or nothing for every row of a part.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

/// The code of a row that has no value.
pub const MISSING: u32 = u32::MAX;

/// A value or nothing per row, in row order. `null` is nothing.
#[derive(Debug, Clone)]
pub enum Column {
    /// Any values, each distinct one held once. Two codes may hold equal values: the engine
    /// compares values, never codes.
    Coded {
        /// Per row an index into `values`, or [`MISSING`].
        codes: Arc<[u32]>,
        /// The distinct values: strings, numbers, booleans, lists, objects; never `null`.
        values: Arc<[Value]>,
    },
    /// Numbers only, when they are too varied to be worth a dictionary.
    Numbers(
        /// Per row a finite number, or NaN for nothing.
        Arc<[f64]>,
    ),
}

impl Column {
    /// How many rows it covers.
    pub fn rows(&self) -> usize {
        match self {
            Self::Coded { codes, .. } => codes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }
}

/// Makes a coded column row by row.
#[derive(Debug, Default)]
pub struct ColumnBuilder {
    codes: Vec<u32>,
    values: Vec<Value>,
    known: HashMap<Value, u32>,
}

impl ColumnBuilder {
    /// The next row's value; `None` and `null` are nothing.
    pub fn push(&mut self, value: Option<&Value>) {
        let code = match value {
            None | Some(Value::Null) => MISSING,
            Some(value) => self.code(value),
        };
        self.codes.push(code);
    }

    /// How many rows it has so far.
    pub fn rows(&self) -> usize {
        self.codes.len()
    }

    /// The column.
    pub fn finish(self) -> Column {
        Column::Coded {
            codes: self.codes.into(),
            values: self.values.into(),
        }
    }

    fn code(&mut self, value: &Value) -> u32 {
        if let Some(code) = self.known.get(value) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(MISSING);
        self.values.push(value.clone());
        self.known.insert(value.clone(), code);
        code
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_share_a_code_and_types_do_not() {
        let mut builder = ColumnBuilder::default();
        for value in [json!("5"), json!(5), json!(null), json!("5")] {
            builder.push(Some(&value));
        }
        builder.push(None);
        let Column::Coded { codes, values } = builder.finish() else {
            panic!("coded")
        };
        assert_eq!(*codes, [0, 1, MISSING, 0, MISSING]);
        assert_eq!(*values, [json!("5"), json!(5)]);
    }
}
