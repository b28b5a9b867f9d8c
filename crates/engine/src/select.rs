//! Which rows of a part count for a series.

use std::sync::Arc;

use empmix_query::{
    Plan,
    filter::Matcher,
    report::{Condition, EventSelector, Filter, Insights, Series},
};
use serde_json::Value;

use crate::{
    column::{Column, MISSING},
    error::EngineError,
    resolve::resolve,
    snapshot::{Part, Snapshot},
};

/// A row per element: whether it passes. `None` where all do.
type Mask = Option<Vec<bool>>;

/// Event codes that a series accepts; `None` for all.
pub(crate) type EventSet = Option<Vec<bool>>;

/// The event codes of a selector.
pub(crate) fn event_set(snapshot: &Snapshot, selector: &EventSelector) -> EventSet {
    let accepts = |name: &Arc<str>| match selector {
        EventSelector::All => true,
        EventSelector::Named(named) => **name == **named,
        EventSelector::AnyOf(names) => names.iter().any(|named| **name == **named),
    };
    match selector {
        EventSelector::All => None,
        _ => Some(snapshot.event_names.iter().map(accepts).collect()),
    }
}

/// The rows of a part that count for a series: in the range, of an accepted event, and past the
/// report's filter and the series' own.
pub(crate) struct Selection<'a> {
    range: std::ops::Range<i64>,
    times: Arc<[i64]>,
    /// Event codes of the rows, and which of them are accepted.
    events: Option<(Arc<[u32]>, &'a [bool])>,
    mask: Mask,
    /// No event of an accepted name exists.
    is_empty: bool,
}

impl Selection<'_> {
    /// Puts the numbers of those rows of `rows` that count into `into`, which has room for all of
    /// them, and returns how many these are.
    #[inline]
    pub(crate) fn fill(&self, rows: std::ops::Range<usize>, into: &mut [u32]) -> usize {
        if self.is_empty {
            return 0;
        }
        let in_range = |row: usize| self.range.contains(&self.times[row]);
        match (&self.events, &self.mask) {
            (None, None) => compact(rows, into, in_range),
            (None, Some(mask)) => compact(rows, into, |row| in_range(row) & mask[row]),
            (Some((codes, accepted)), None) => compact(rows, into, |row| {
                in_range(row) & accepted[codes[row] as usize]
            }),
            (Some((codes, accepted)), Some(mask)) => compact(rows, into, |row| {
                in_range(row) & accepted[codes[row] as usize] & mask[row]
            }),
        }
    }
}

/// Writes every number and moves on only after those that pass: no branch to guess wrong.
#[inline]
fn compact(
    rows: std::ops::Range<usize>,
    into: &mut [u32],
    passes: impl Fn(usize) -> bool,
) -> usize {
    let mut count = 0;
    for row in rows {
        into[count] = crate::column::next_code(row);
        count += usize::from(passes(row));
    }
    count
}

/// Per series of a report, the rows of a part that count.
pub(crate) fn select<'a>(
    snapshot: &Snapshot,
    part: &dyn Part,
    report: &Insights,
    plan: &Plan,
    event_sets: &'a [EventSet],
) -> Result<Vec<Selection<'a>>, EngineError> {
    let times = part.times()?;
    let shared = mask(snapshot, part, report.filter.as_ref())?;
    let one = |(series, events): (&Series, &'a EventSet)| {
        let is_empty = events
            .as_ref()
            .is_some_and(|events| !events.contains(&true));
        let (mut events_of_rows, mut own) = (None, None);
        if !is_empty {
            own = both(&shared, mask(snapshot, part, series.filter.as_ref())?);
            if let Some(accepted) = events {
                events_of_rows = Some((part.events()?, accepted.as_slice()));
            }
        }
        Ok(Selection {
            range: plan.start..plan.end,
            times: Arc::clone(&times),
            events: events_of_rows,
            mask: own,
            is_empty,
        })
    };
    report.series.iter().zip(event_sets).map(one).collect()
}

fn both(shared: &Mask, own: Mask) -> Mask {
    match (shared, own) {
        (Some(shared), Some(own)) => Some(shared.iter().zip(own).map(|(a, b)| *a && b).collect()),
        (shared, own) => own.or_else(|| shared.clone()),
    }
}

fn mask(
    snapshot: &Snapshot,
    part: &dyn Part,
    filter: Option<&Filter>,
) -> Result<Mask, EngineError> {
    filter
        .map(|filter| passing(snapshot, part, filter))
        .transpose()
}

fn passing(
    snapshot: &Snapshot,
    part: &dyn Part,
    filter: &Filter,
) -> Result<Vec<bool>, EngineError> {
    match filter {
        Filter::Condition(condition) => test(snapshot, part, condition),
        Filter::And { and } => combine(snapshot, part, and, true, |all, one| all && one),
        Filter::Or { or } => combine(snapshot, part, or, false, |any, one| any || one),
    }
}

fn combine(
    snapshot: &Snapshot,
    part: &dyn Part,
    filters: &[Filter],
    start: bool,
    with: impl Fn(bool, bool) -> bool,
) -> Result<Vec<bool>, EngineError> {
    let mut combined = vec![start; part.rows()];
    for filter in filters {
        let passing = passing(snapshot, part, filter)?;
        for (combined, passes) in combined.iter_mut().zip(passing) {
            *combined = with(*combined, passes);
        }
    }
    Ok(combined)
}

/// A condition is asked once of each distinct value, not of each row.
fn test(
    snapshot: &Snapshot,
    part: &dyn Part,
    condition: &Condition,
) -> Result<Vec<bool>, EngineError> {
    let matcher = Matcher::new(condition);
    let missing = matcher.accepts(None);
    let column = resolve(snapshot, part, &condition.property.property)?;
    Ok(match column.as_deref() {
        None => vec![missing; part.rows()],
        Some(Column::Numbers(numbers)) => numbers
            .iter()
            .map(|number| match number.is_nan() {
                true => missing,
                false => matcher.accepts(Some(&Value::from(*number))),
            })
            .collect(),
        Some(Column::Coded { codes, values }) => {
            let accepts = |value| matcher.accepts(Some(value));
            let by_code: Vec<bool> = values.iter().map(accepts).collect();
            let passes = |code: &u32| match *code {
                MISSING => missing,
                code => by_code[code as usize],
            };
            codes.iter().map(passes).collect()
        }
    })
}
