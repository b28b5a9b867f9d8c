//! Resolves a name in a report to a column of a part.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use empmix_query::{
    report::{Cast, PropertyRef},
    value::{self, Reserved},
};
use serde_json::Value;

use crate::{
    column::{Column, MISSING},
    error::EngineError,
    pages::Pages,
    snapshot::{Part, Snapshot},
};

/// The values of a name in a part's rows, before any cast; `None` if no row has one.
pub(crate) fn resolve(
    snapshot: &Snapshot,
    part: &dyn Part,
    name: &str,
) -> Result<Option<Arc<Column>>, EngineError> {
    if let Some(reserved) = Reserved::of(name) {
        return resolve_reserved(snapshot, part, reserved).map(Some);
    }
    let whole = part.property(name)?;
    let Some((key, path)) = value::path(name) else {
        return Ok(whole);
    };
    let below = part
        .property(key)?
        .and_then(|column| descend(&column, &path));
    Ok(match (whole, below) {
        (Some(whole), Some(below)) => Some(Arc::new(first_of(&whole, &below))),
        (Some(whole), None) => Some(whole),
        (None, below) => below.map(Arc::new),
    })
}

/// The numbers that a measure uses, per row; NaN for a row without one.
pub(crate) fn numbers(
    snapshot: &Snapshot,
    part: &dyn Part,
    property: &PropertyRef,
) -> Result<Option<Arc<[f64]>>, EngineError> {
    let Some(column) = resolve(snapshot, part, &property.property)? else {
        return Ok(None);
    };
    Ok(Some(match column.as_ref() {
        Column::Numbers(numbers) => Arc::clone(numbers),
        Column::Coded { codes, values } => {
            let by_code: Vec<f64> = values
                .iter()
                .map(|value| as_measured(value, property.cast))
                .collect();
            let number = |code: &u32| by_code.get(*code as usize).copied().unwrap_or(f64::NAN);
            codes.iter().map(number).collect()
        }
    }))
}

fn as_measured(value: &Value, cast: Option<Cast>) -> f64 {
    let read = value::read(Cow::Borrowed(value), cast);
    read.and_then(|value| value::number(&value))
        .unwrap_or(f64::NAN)
}

fn resolve_reserved(
    snapshot: &Snapshot,
    part: &dyn Part,
    reserved: Reserved,
) -> Result<Arc<Column>, EngineError> {
    let ids = &snapshot.ids;
    Ok(match reserved {
        Reserved::Event => Arc::new(texts(&part.events()?, &snapshot.event_names)),
        Reserved::DistinctId => Arc::new(texts(&part.ids()?, &ids.texts)),
        Reserved::UserId => {
            let rows = part.ids()?;
            let users: Vec<u32> = rows.iter().map(|id| ids.user_of[*id as usize]).collect();
            Arc::new(texts(&users, &ids.texts))
        }
        Reserved::SessionId => part.sessions()?,
        Reserved::Time => Arc::new(times(&part.times()?)),
        Reserved::ReceivedAt => Arc::new(times(&part.received()?)),
    })
}

/// A column of texts, given by their indices. Only the texts that occur are copied.
fn texts(rows: &[u32], texts: &Pages<Arc<str>>) -> Column {
    let mut values = Vec::new();
    let mut code_of: HashMap<u32, u32> = HashMap::new();
    let mut last = (u32::MAX, MISSING);
    let codes = rows.iter().map(|index| {
        if last.0 != *index {
            let code = *code_of.entry(*index).or_insert_with(|| {
                values.push(Value::from(texts[*index as usize].as_ref()));
                crate::column::next_code(values.len() - 1)
            });
            last = (*index, code);
        }
        last.1
    });
    Column::Coded {
        codes: codes.collect(),
        values: values.into(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times of validated events are far below 2^53"
)]
fn times(times: &[i64]) -> Column {
    Column::Numbers(times.iter().map(|time| *time as f64).collect())
}

/// The value at a path in each value; `None` if no value has the path.
fn descend(column: &Column, path: &[&str]) -> Option<Column> {
    let Column::Coded { codes, values } = column else {
        return None;
    };
    let mut found = Vec::new();
    let by_code: Vec<u32> = values
        .iter()
        .map(|value| match value::descend(value, path) {
            None => MISSING,
            Some(value) => {
                found.push(value.into_owned());
                crate::column::next_code(found.len() - 1)
            }
        })
        .collect();
    let code = |code: &u32| by_code.get(*code as usize).copied().unwrap_or(MISSING);
    (!found.is_empty()).then(|| Column::Coded {
        codes: codes.iter().map(code).collect(),
        values: found.into(),
    })
}

/// Per row the first column's value, or the second's if the first has none.
fn first_of(first: &Column, second: &Column) -> Column {
    let (first_codes, first_values) = first.coded();
    let (second_codes, second_values) = second.coded();
    let offset = crate::column::next_code(first_values.len());
    let code = |(first, second): (&u32, &u32)| match (*first, *second) {
        (MISSING, MISSING) => MISSING,
        (MISSING, second) => offset + second,
        (first, _) => first,
    };
    Column::Coded {
        codes: first_codes
            .iter()
            .zip(second_codes.iter())
            .map(code)
            .collect(),
        values: first_values
            .iter()
            .chain(second_values.iter())
            .cloned()
            .collect(),
    }
}
