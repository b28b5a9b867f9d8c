//! A page of events, newest first: by time, then by item hash, both descending.
//!
//! The newest rows that pass are found from the few columns that the filter names; only the page's
//! own rows are put together. A part whose newest event is older than a full page is not read.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range, sync::Arc};

use empmix_engine::{Column, EngineError, Pages};
use empmix_model::{EpochMs, ids::ItemHash, limits::PAGE_ROWS, stored::StoredEvent};
use serde_json::Value;

use crate::memory::view::{Rows, View};
use empmix_store::{EventFilter, EventsPage};

/// A row's place in the list, and where it is: part, row.
type Place = (EpochMs, ItemHash, usize, u32);

/// Selects a page.
pub(crate) fn page(view: &View, filter: &EventFilter) -> Result<EventsPage, EngineError> {
    let limit = filter.limit.clamp(1, PAGE_ROWS);
    let Some(selection) = Selection::of(view, filter) else {
        return Ok(EventsPage {
            events: Vec::new(),
            more: false,
        });
    };
    let mut parts: Vec<usize> = (0..view.rows.len())
        .filter(|at| view.rows[*at].rows() > 0)
        .collect();
    parts.sort_by_key(|at| Reverse(view.rows[*at].time_range().1));
    // One more than the page tells whether more follow.
    let mut newest = Newest::new(limit + 1);
    for at in parts {
        let rows = &view.rows[at];
        let (min, max) = rows.time_range();
        if newest.is_beyond(max) {
            break;
        }
        if filter.to.is_none_or(|to| min < to) && filter.from.is_none_or(|from| max >= from) {
            selection.scan(rows.as_ref(), at, filter, &mut newest)?;
        }
    }
    let mut places = newest.descending();
    let more = places.len() > limit;
    places.truncate(limit);
    Ok(EventsPage {
        events: assemble(view, &places)?,
        more,
    })
}

/// The filter in dense numbers.
struct Selection {
    event: Option<u32>,
    /// The ids that count; `None` for all.
    ids: Option<Vec<u32>>,
}

impl Selection {
    /// `None` when the filter names something that no event has.
    fn of(view: &View, filter: &EventFilter) -> Option<Self> {
        let snapshot = &view.snapshot;
        let number = |texts: &Pages<Arc<str>>, text: &str| {
            let at = texts.iter().position(|known| &**known == text)?;
            u32::try_from(at).ok()
        };
        let event = match &filter.event {
            Some(name) => Some(number(&snapshot.event_names, name)?),
            None => None,
        };
        let id = match &filter.distinct_id {
            Some(id) => Some(number(&snapshot.ids.texts, id)?),
            None => None,
        };
        let user = match &filter.user_id {
            Some(id) => Some(number(&snapshot.ids.texts, id)?),
            None => None,
        };
        let user_of = &snapshot.ids.user_of;
        let is_user = |id: u32| user.is_none_or(|user| user_of[id as usize] == user);
        let ids = match (id, user) {
            (None, None) => None,
            (Some(id), _) => Some(vec![id].into_iter().filter(|id| is_user(*id)).collect()),
            (None, Some(_)) => Some(
                (0_u32..)
                    .zip(user_of.iter())
                    .map(|(id, _)| id)
                    .filter(|id| is_user(*id))
                    .collect(),
            ),
        };
        Some(Self { event, ids })
    }

    fn scan(
        &self,
        rows: &dyn Rows,
        part: usize,
        filter: &EventFilter,
        newest: &mut Newest,
    ) -> Result<(), EngineError> {
        let runs: Vec<Range<usize>> = match &self.ids {
            None => std::iter::once(0..rows.rows()).collect(),
            Some(ids) => ids
                .iter()
                .map(|id| rows.rows_of_id(*id))
                .collect::<Result<_, _>>()?,
        };
        if runs.iter().all(Range::is_empty) {
            return Ok(());
        }
        let (times, hashes, codes) = (rows.times()?, rows.hashes()?, rows.events()?);
        for row in runs.into_iter().flatten() {
            let time = times[row];
            let in_range =
                filter.from.is_none_or(|from| time >= from) && filter.to.is_none_or(|to| time < to);
            if in_range
                && self.event.is_none_or(|event| codes[row] == event)
                && filter.after.is_none_or(|after| (time, hashes[row]) < after)
            {
                let row_number = u32::try_from(row).unwrap_or(u32::MAX);
                newest.offer((time, hashes[row], part, row_number));
            }
        }
        Ok(())
    }
}

/// The newest places of those that were offered.
struct Newest {
    keep: usize,
    heap: BinaryHeap<Reverse<Place>>,
}

impl Newest {
    fn new(keep: usize) -> Self {
        Self {
            keep,
            heap: BinaryHeap::with_capacity(keep + 1),
        }
    }

    /// Whether nothing as old as `time` can get in any more.
    fn is_beyond(&self, time: EpochMs) -> bool {
        self.heap.len() == self.keep
            && self
                .heap
                .peek()
                .is_some_and(|Reverse(oldest)| oldest.0 > time)
    }

    fn offer(&mut self, place: Place) {
        if self.heap.len() < self.keep {
            self.heap.push(Reverse(place));
        } else if self
            .heap
            .peek()
            .is_some_and(|Reverse(oldest)| *oldest < place)
        {
            self.heap.pop();
            self.heap.push(Reverse(place));
        }
    }

    fn descending(self) -> Vec<Place> {
        // `Reverse` turns the ascending order around.
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(place)| place)
            .collect()
    }
}

fn assemble(view: &View, places: &[Place]) -> Result<Vec<StoredEvent>, EngineError> {
    let mut events: Vec<Option<StoredEvent>> = vec![None; places.len()];
    for (part, rows) in view.rows.iter().enumerate() {
        let here: Vec<usize> = (0..places.len())
            .filter(|at| places[*at].2 == part)
            .collect();
        if here.is_empty() {
            continue;
        }
        let numbers: Vec<u32> = here.iter().map(|at| places[*at].3).collect();
        let stored = stored_events(view, rows.as_ref(), &numbers)?;
        for (at, event) in here.into_iter().zip(stored) {
            events[at] = Some(event);
        }
    }
    Ok(events.into_iter().flatten().collect())
}

fn stored_events(
    view: &View,
    rows: &dyn Rows,
    numbers: &[u32],
) -> Result<Vec<StoredEvent>, EngineError> {
    let (ids, codes, times) = (rows.ids()?, rows.events()?, rows.times()?);
    let (received, hashes, sessions) = (rows.received()?, rows.hashes()?, rows.sessions()?);
    let properties = rows.properties(numbers)?;
    let snapshot = &view.snapshot;
    let text = |id: u32| snapshot.ids.texts[id as usize].to_string();
    let events = numbers.iter().zip(properties).map(|(number, properties)| {
        let row = *number as usize;
        StoredEvent {
            id: hashes[row],
            event: snapshot.event_names[codes[row] as usize].to_string(),
            distinct_id: text(ids[row]),
            user_id: text(snapshot.ids.user_of[ids[row] as usize]),
            time: times[row],
            received_at: received[row],
            session_id: session_of(&sessions, row),
            properties,
        }
    });
    Ok(events.collect())
}

fn session_of(sessions: &Column, row: usize) -> Option<String> {
    match sessions {
        Column::Coded { codes, values } => values
            .get(codes[row] as usize)
            .and_then(Value::as_str)
            .map(str::to_owned),
        Column::Numbers(_) => None,
    }
}
