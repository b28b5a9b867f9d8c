//! Parses the range, the granularity, and the time used as now.

use jiff::{Timestamp, civil::Date};

use super::node::{Node, Object};
use crate::{
    InvalidQuery,
    report::{Granularity, Range},
};

pub(super) fn range(node: &Node<'_>) -> Result<Range, InvalidQuery> {
    let object = node.object()?;
    if object.nullable("last").is_some() {
        object.only(&["last", "unit"], &[])?;
        return last(&object);
    }
    object.only(&["from", "to"], &[])?;
    let from = date(&object.required("from")?)?;
    let to_node = object.required("to")?;
    let to = date(&to_node)?;
    if from > to {
        return Err(to_node.error("The range ends before it begins."));
    }
    Ok(Range::Dates { from, to })
}

fn last(object: &Object<'_>) -> Result<Range, InvalidQuery> {
    let count = object.required("last")?;
    let last = count.integer(1, i64::from(u32::MAX))?;
    Ok(Range::Last {
        last: u32::try_from(last).map_err(|error| count.error(error.to_string()))?,
        unit: object.required("unit")?.one_of()?,
    })
}

pub(super) fn granularity(object: &Object<'_>) -> Result<Granularity, InvalidQuery> {
    match object.optional("granularity") {
        Some(node) => node.one_of(),
        None => Ok(Granularity::Day),
    }
}

/// Epoch milliseconds in the range of [`Timestamp`].
pub(super) fn now(object: &Object<'_>) -> Result<Option<i64>, InvalidQuery> {
    let (min, max) = (Timestamp::MIN, Timestamp::MAX);
    object
        .optional("now")
        .map(|node| node.integer(min.as_millisecond(), max.as_millisecond()))
        .transpose()
}

/// Exactly `YYYY-MM-DD`.
fn date(node: &Node<'_>) -> Result<Date, InvalidQuery> {
    let text = node.text()?;
    let fits = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let well_formed = text.len() == 10 && text.bytes().enumerate().all(fits);
    let date = text.parse().ok().filter(|_| well_formed);
    date.ok_or_else(|| node.error("A date such as 2026-01-31 is expected."))
}
