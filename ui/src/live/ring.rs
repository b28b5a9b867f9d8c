//! The newest items of *Live*, as plain data: a bounded ring of rows, the refused events, the rate.

use std::collections::{HashSet, VecDeque};

use empmix_model::{
    EpochMs,
    ids::ItemHash,
    stored::StoredEvent,
    warning::{Warning, WarningKind},
};
use serde_json::Value;

use crate::report::names;

/// The most rows that are kept.
pub(super) const ROWS: usize = 1000;
/// The most refusals that are kept.
pub(super) const REFUSALS: usize = 100;
/// The most properties that a row shows.
const PROPERTIES: usize = 8;
/// The period that the rate is computed over.
const RATE_S: f64 = 5.0;

/// A row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventRow {
    /// The event.
    pub event: StoredEvent,
    /// The first properties, as name and value.
    pub properties: Vec<(String, String)>,
    /// The text that a filter searches: event, ids and properties, in lower case.
    haystack: String,
}

impl EventRow {
    fn new(event: StoredEvent) -> Self {
        let all: Vec<(&String, &Value)> = event
            .properties
            .iter()
            .filter(|(name, _)| !name.starts_with('$'))
            .chain(
                event
                    .properties
                    .iter()
                    .filter(|(name, _)| name.starts_with('$')),
            )
            .collect();
        let ids = format!("{}\n{}\n{}", event.event, event.user_id, event.distinct_id);
        let haystack = all
            .iter()
            .fold(ids, |text, (name, value)| {
                format!("{text}\n{name} {}", plain(value))
            })
            .to_lowercase();
        let shown = all.into_iter().take(PROPERTIES);
        let properties = shown
            .map(|(name, value)| (name.clone(), name_of(value)))
            .collect();
        Self {
            properties,
            haystack,
            event,
        }
    }

    /// Whether the row contains the typed text, in any case, and has this event name.
    pub(super) fn matches(&self, typed: &str, event: Option<&str>) -> bool {
        event.is_none_or(|event| event == self.event.event)
            && self.haystack.contains(typed.trim().to_lowercase().as_str())
    }
}

/// A value as text, strings without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a value is called: a text that reads like a number is in quotes.
pub(super) fn name_of(value: &Value) -> String {
    names::alone([value]).pop().unwrap_or_default()
}

/// The newest items, newest first.
#[derive(Debug, Default)]
pub(super) struct Ring {
    rows: VecDeque<EventRow>,
    known: HashSet<ItemHash>,
    /// Refused and altered events, newest first.
    pub(super) refused: VecDeque<Warning>,
    /// Refusals since the window opened.
    pub(super) refused_count: u64,
    /// Alterations since the window opened.
    pub(super) altered_count: u64,
    /// Items that were skipped because they came faster than they could be read.
    pub(super) lagged: u64,
    arrivals: VecDeque<f64>,
    /// When the stream was opened again: when the newest row before was received.
    shown_until: Option<EpochMs>,
}

impl Ring {
    /// The rows, newest first.
    pub(super) fn rows(&self) -> &VecDeque<EventRow> {
        &self.rows
    }

    /// The row of an event.
    pub(super) fn row(&self, id: ItemHash) -> Option<&EventRow> {
        self.rows.iter().find(|row| row.event.id == id)
    }

    /// Adds an event that has just arrived.
    pub(super) fn arrived(&mut self, event: StoredEvent) {
        if self.known.insert(event.id) {
            self.rows.push_front(EventRow::new(event));
        }
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        while self.rows.len() > ROWS {
            if let Some(row) = self.rows.pop_back() {
                self.known.remove(&row.event.id);
            }
        }
    }

    /// Adds a warning about a refused or altered event.
    pub(super) fn warned(&mut self, warning: Warning) {
        match warning.kind {
            WarningKind::Refused | WarningKind::LinkRefused => self.refused_count += 1,
            _ => self.altered_count += 1,
        }
        self.refused.push_front(warning);
        self.refused.truncate(REFUSALS);
    }

    /// The stream is open again: what came after the rows that are shown is to be stored events.
    pub(super) fn reopened(&mut self) {
        let received = self.rows.iter().map(|row| row.event.received_at);
        self.shown_until = received.max();
    }

    /// Adds the newest stored events (newest first) behind those that have arrived since. After a reconnect
    /// some may be newer than rows that are shown. If none of them is one of the rows from before, more
    /// came than were asked for: these rows do not follow on, and are dropped.
    pub(super) fn stored(&mut self, events: Vec<StoredEvent>) {
        if let Some(until) = self.shown_until.take().filter(|_| !events.is_empty()) {
            let is_from_before =
                |event: &StoredEvent| event.received_at <= until && self.known.contains(&event.id);
            if !events.iter().any(is_from_before) {
                self.rows.retain(|row| row.event.received_at > until);
                self.known = self.rows.iter().map(|row| row.event.id).collect();
            }
        }
        let has_rows = !self.rows.is_empty();
        for event in events {
            if self.known.insert(event.id) {
                self.rows.push_back(EventRow::new(event));
            }
        }
        if has_rows {
            let by_time = |row: &EventRow| (row.event.received_at, row.event.time, row.event.id);
            let rows = self.rows.make_contiguous();
            rows.sort_by_key(|row| std::cmp::Reverse(by_time(row)));
        }
        self.drop_oldest();
    }

    /// Counts an arrival for the rate.
    pub(super) fn count(&mut self, now_s: f64) {
        self.arrivals.push_back(now_s);
        if self.arrivals.len() > 100_000 {
            self.arrivals.pop_front();
        }
    }

    /// Arrivals per second, over the last `RATE_S` seconds.
    pub(super) fn rate(&self, now_s: f64) -> f64 {
        let recent = self.arrivals.iter().rev();
        recent.take_while(|at| now_s - **at < RATE_S).count() as f64 / RATE_S
    }

    /// Drops arrivals that no longer count for the rate.
    pub(super) fn forget_arrivals(&mut self, now_s: f64) {
        while self.arrivals.front().is_some_and(|at| now_s - at >= RATE_S) {
            self.arrivals.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use empmix_model::stored::LiveItem;

    use super::*;
    use crate::backend::fake;

    fn events(count: usize) -> Vec<StoredEvent> {
        let items = fake::live_items(count).into_iter();
        let only = |item| match item {
            LiveItem::Event(event) => Some(event),
            LiveItem::Warning(_) => None,
        };
        items.filter_map(only).collect()
    }

    #[test]
    fn the_ring_is_bounded_and_newest_first() {
        let mut ring = Ring::default();
        let all = events(ROWS + 5);
        all.iter().cloned().for_each(|event| ring.arrived(event));
        assert_eq!(ring.rows().len(), ROWS);
        assert_eq!(ring.rows()[0].event.id, all[ROWS + 4].id);
        assert!(ring.row(all[0].id).is_none());
        ring.arrived(all[0].clone());
        assert_eq!(
            ring.rows()[0].event.id,
            all[0].id,
            "a dropped event may be added again"
        );
    }

    #[test]
    fn an_event_that_is_both_stored_and_streamed_shows_once() {
        let mut ring = Ring::default();
        let all = events(3);
        ring.arrived(all[2].clone());
        ring.stored(vec![all[2].clone(), all[1].clone(), all[0].clone()]);
        let shown: Vec<_> = ring.rows().iter().map(|row| row.event.id).collect();
        assert_eq!(shown, [all[2].id, all[1].id, all[0].id]);
    }

    #[test]
    fn stored_events_join_the_rows_that_they_follow_and_replace_others() {
        let all = events(ROWS + 400);
        let newest = |count: usize| all.iter().rev().take(count).cloned().collect::<Vec<_>>();
        let ids = |ring: &Ring| {
            ring.rows()
                .iter()
                .map(|row| row.event.id)
                .collect::<Vec<_>>()
        };
        let expected: Vec<_> = newest(ROWS).iter().map(|event| event.id).collect();
        // A full ring whose stream was cut for 400 events.
        let mut ring = Ring::default();
        all[..ROWS]
            .iter()
            .cloned()
            .for_each(|event| ring.arrived(event));
        ring.stored(newest(ROWS));
        assert_eq!(ids(&ring), expected);
        // Of more than were asked for, the rows before are not what came before.
        let mut ring = Ring::default();
        all[..10]
            .iter()
            .cloned()
            .for_each(|event| ring.arrived(event));
        ring.reopened();
        ring.arrived(all[ROWS + 399].clone());
        ring.stored(newest(100));
        assert_eq!(ids(&ring), expected[..100]);
        // What has just arrived stays, however old its time is.
        let mut ring = Ring::default();
        ring.reopened();
        ring.arrived(all[0].clone());
        ring.stored(newest(100));
        assert!(ring.row(all[0].id).is_some());
    }

    #[test]
    fn a_filter_searches_event_user_and_properties() {
        let mut ring = Ring::default();
        ring.stored(events(1));
        let row = &ring.rows()[0];
        assert!(row.matches("", None) && row.matches(" RERUN-io ", None));
        assert!(row.matches("bc86fd", Some(&row.event.event)));
        assert!(!row.matches("", Some("Other")) && !row.matches("nowhere", None));
    }

    #[test]
    fn the_rate_ignores_old_arrivals() {
        let mut ring = Ring::default();
        (0..10).for_each(|_| ring.count(100.0));
        assert!((ring.rate(101.0) - 2.0).abs() < 1e-9);
        ring.forget_arrivals(106.0);
        assert!(ring.rate(106.0).abs() < 1e-9 && ring.arrivals.is_empty());
    }
}
