//! A column of properties: an optional value for each row of a part.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

/// The code of a row without a value.
pub const MISSING: u32 = u32::MAX;

/// An optional value per row, in row order. `null` counts as missing.
#[derive(Debug, Clone)]
pub enum Column {
    /// Values of any type, encoded with a dictionary. Two codes may have equal values, so the engine
    /// compares values, not codes.
    Coded {
        /// Per row an index into `values`, or [`MISSING`].
        codes: Arc<[u32]>,
        /// The values: strings, numbers, booleans, lists and objects, but not `null`.
        values: Arc<[Value]>,
    },
    /// Numbers, if they are too varied for a dictionary.
    Numbers(
        /// Per row a finite number, or NaN for a missing value.
        Arc<[f64]>,
    ),
}

impl Column {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Coded { codes, .. } => codes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// The column as codes and values.
    pub fn coded(&self) -> (Arc<[u32]>, Arc<[Value]>) {
        match self {
            Self::Coded { codes, values } => (Arc::clone(codes), Arc::clone(values)),
            Self::Numbers(numbers) => code_numbers(numbers),
        }
    }
}

fn code_numbers(numbers: &[f64]) -> (Arc<[u32]>, Arc<[Value]>) {
    let mut values = Vec::new();
    let mut code_of = HashMap::new();
    let codes = numbers.iter().map(|number| {
        if number.is_nan() {
            return MISSING;
        }
        *code_of.entry(number.to_bits()).or_insert_with(|| {
            values.push(Value::from(*number));
            next_code(values.len() - 1)
        })
    });
    (codes.collect(), values.into())
}

/// The code of the value at an index. A part has far fewer rows than there are codes.
pub(crate) fn next_code(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(MISSING)
}

/// Builds a coded column row by row.
#[derive(Debug, Default)]
pub struct ColumnBuilder {
    codes: Vec<u32>,
    values: Vec<Value>,
    code_of: HashMap<Value, u32>,
}

impl ColumnBuilder {
    /// Adds the next row's value; `None` and `null` count as missing.
    pub fn push(&mut self, value: Option<&Value>) {
        let code = match value {
            None | Some(Value::Null) => MISSING,
            Some(value) => self.code(value),
        };
        self.codes.push(code);
    }

    /// The number of rows added so far.
    pub fn rows(&self) -> usize {
        self.codes.len()
    }

    /// Returns the column.
    pub fn finish(self) -> Column {
        Column::Coded {
            codes: self.codes.into(),
            values: self.values.into(),
        }
    }

    fn code(&mut self, value: &Value) -> u32 {
        if let Some(code) = self.code_of.get(value) {
            return *code;
        }
        let code = next_code(self.values.len());
        self.values.push(value.clone());
        self.code_of.insert(value.clone(), code);
        code
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_can_be_coded() {
        let column = Column::Numbers([1.5, f64::NAN, 2.0, 1.5].into());
        let (codes, values) = column.coded();
        assert_eq!(*codes, [0, MISSING, 1, 0]);
        assert_eq!(*values, [json!(1.5), json!(2.0)]);
    }

    #[test]
    fn equal_values_share_a_code_and_types_do_not() {
        let mut builder = ColumnBuilder::default();
        for value in [json!("5"), json!(5), json!(null), json!("5")] {
            builder.push(Some(&value));
        }
        builder.push(None);
        let Column::Coded { codes, values } = builder.finish() else {
            panic!("expected a coded column")
        };
        assert_eq!(*codes, [0, 1, MISSING, 0, MISSING]);
        assert_eq!(*values, [json!("5"), json!(5)]);
    }
}
