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

/// Per series of a report, the rows of a part that count: in the range, of an accepted event, and
/// past the report's filter and the series' own.
pub(crate) fn select(
    snapshot: &Snapshot,
    part: &dyn Part,
    report: &Insights,
    plan: &Plan,
    event_sets: &[EventSet],
) -> Result<Vec<Vec<u32>>, EngineError> {
    let times = part.times()?;
    let shared = mask(snapshot, part, report.filter.as_ref())?;
    let one = |(series, events): (&Series, &EventSet)| {
        if events
            .as_ref()
            .is_some_and(|events| !events.contains(&true))
        {
            return Ok(Vec::new());
        }
        let own = mask(snapshot, part, series.filter.as_ref())?;
        let codes = events.as_ref().map(|_| part.events()).transpose()?;
        let accepts_event = |row: usize| match (events, &codes) {
            (Some(events), Some(codes)) => events[codes[row] as usize],
            _ => true,
        };
        let passes = |mask: &Mask, row: usize| mask.as_ref().is_none_or(|mask| mask[row]);
        let mut rows = Vec::new();
        for (row, time) in times.iter().enumerate() {
            if plan.includes(*time)
                && accepts_event(row)
                && passes(&shared, row)
                && passes(&own, row)
            {
                rows.push(crate::column::next_code(row));
            }
        }
        Ok(rows)
    };
    report.series.iter().zip(event_sets).map(one).collect()
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
