//! A JSON value with its path.

use std::str::FromStr;

use serde_json::{Map, Value};
use strum::IntoEnumIterator;

use crate::InvalidQuery;

/// A value and its path in the report.
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// The report itself.
    pub(super) fn root(value: &'a Value) -> Self {
        let path = String::new();
        Self { value, path }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// An error at this value.
    pub(super) fn error(&self, message: impl Into<String>) -> InvalidQuery {
        InvalidQuery::new(self.path.clone(), message)
    }

    /// The error for a feature that the query language defines and this version does not support.
    pub(super) fn unsupported(&self, name: &str) -> InvalidQuery {
        self.error(format!("`{name}` is not in this version."))
    }

    pub(super) fn text(&self) -> Result<&'a str, InvalidQuery> {
        let text = self.value.as_str();
        text.ok_or_else(|| self.error("A string is expected."))
    }

    /// A string of 1 to `max_bytes` bytes.
    pub(super) fn name(&self, max_bytes: usize) -> Result<String, InvalidQuery> {
        let text = self.text()?;
        if text.is_empty() || text.len() > max_bytes {
            return Err(self.error(format!("A string of 1 to {max_bytes} bytes is expected.")));
        }
        Ok(text.to_owned())
    }

    /// A whole number from `min` to `max`, both included.
    pub(super) fn integer(&self, min: i64, max: i64) -> Result<i64, InvalidQuery> {
        let number = self
            .value
            .as_i64()
            .or_else(|| self.value.as_f64().and_then(whole));
        number
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| self.error(format!("A whole number from {min} to {max} is expected.")))
    }

    /// The items of a list of at most `max` items.
    pub(super) fn items(&self, max: usize) -> Result<Vec<Node<'a>>, InvalidQuery> {
        let Some(items) = self.value.as_array() else {
            return Err(self.error("A list is expected."));
        };
        if items.len() > max {
            return Err(self.error(format!("At most {max} items are allowed.")));
        }
        let item = |(index, value)| Node {
            value,
            path: format!("{}[{index}]", self.path),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The fields of an object.
    pub(super) fn object(&self) -> Result<Object<'a>, InvalidQuery> {
        match self.value.as_object() {
            Some(fields) => Ok(Object {
                fields,
                path: self.path.clone(),
            }),
            None => Err(self.error("An object is expected.")),
        }
    }

    /// One of the named values of a type.
    pub(super) fn one_of<T>(&self) -> Result<T, InvalidQuery>
    where
        T: FromStr + IntoEnumIterator + Into<&'static str>,
    {
        let found = self.text()?.parse();
        found.map_err(|_| {
            let names: Vec<_> = T::iter().map(|one| format!("`{}`", one.into())).collect();
            self.error(format!("One of {} is expected.", names.join(", ")))
        })
    }
}

/// The number as an integer, if it is whole and f64 represents it exactly.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the number is whole and in the range of i64"
)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// An object with its path.
pub(super) struct Object<'a> {
    fields: &'a Map<String, Value>,
    path: String,
}

impl<'a> Object<'a> {
    /// An optional field; `null` counts as absent.
    pub(super) fn optional(&self, name: &str) -> Option<Node<'a>> {
        self.nullable(name).filter(|node| !node.value.is_null())
    }

    /// A field in which `null` is a value; `None` if the field is absent.
    pub(super) fn nullable(&self, name: &str) -> Option<Node<'a>> {
        let value = self.fields.get(name)?;
        let path = self.path_of(name);
        Some(Node { value, path })
    }

    pub(super) fn required(&self, name: &str) -> Result<Node<'a>, InvalidQuery> {
        self.optional(name).ok_or_else(|| self.missing(name))
    }

    /// The error for a missing field.
    pub(super) fn missing(&self, name: &str) -> InvalidQuery {
        InvalidQuery::new(self.path_of(name), format!("`{name}` is required."))
    }

    /// Refuses fields that are not `known`. An `unsupported` field has an error of its own, and is
    /// accepted if it is empty (`null`, `false`, an empty list).
    pub(super) fn only(&self, known: &[&str], unsupported: &[&str]) -> Result<(), InvalidQuery> {
        for (name, value) in self.fields {
            let name = name.as_str();
            if known.contains(&name) {
                continue;
            }
            let node = Node {
                value,
                path: self.path_of(name),
            };
            if !unsupported.contains(&name) {
                return Err(node.error("This field is unknown."));
            }
            if !is_empty_value(value) {
                return Err(node.unsupported(name));
            }
        }
        Ok(())
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
