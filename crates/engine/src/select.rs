//! Selects the rows of a part that count for a series.

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

/// Per row, whether it passes; `None` if all rows pass.
type Mask = Option<Vec<bool>>;

/// Per event code, whether a series accepts it; `None` if it accepts all.
pub(crate) type EventSet = Option<Vec<bool>>;

/// The event codes that a selector accepts.
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

/// The rows of a part that count for a series: those in the range, with an accepted event, that pass
/// the filters of the report and of the series.
pub(crate) struct Selection<'a> {
    range: std::ops::Range<i64>,
    times: Arc<[i64]>,
    /// The event codes of the rows, and the accepted codes.
    events: Option<(Arc<[u32]>, &'a [bool])>,
    mask: Mask,
    /// Whether the project has no event with an accepted name.
    is_empty: bool,
}

impl Selection<'_> {
    /// Writes the numbers of the rows in `rows` that count to `into` and returns how many there are.
    /// `into` must have space for all of `rows`.
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

/// Writes every row's number, and advances only if the row passes, which avoids branches that are
/// hard to predict.
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

/// The rows of a part that count, for each series of a report.
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

/// Tests a condition once per distinct value, not per row.
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
