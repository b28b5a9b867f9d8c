//! The reference implementation: slow and simple, row by row, derived from the rules alone.

use std::collections::{BTreeMap, BTreeSet};

use empmix_model::stored::StoredEvent;
use empmix_query::{
    Plan,
    report::{EventSelector, Insights, Measure, Series},
    segment::{Segment, rank},
    value::{Row, number, read},
};

/// One series and segment of an answer.
#[derive(Debug, PartialEq)]
pub struct AnswerLine {
    pub id: String,
    pub segment: Option<Segment>,
    pub points: Vec<Option<f64>>,
    pub total: Option<f64>,
}

pub fn answer(events: &[StoredEvent], report: &Insights, plan: &Plan) -> Vec<AnswerLine> {
    let rows: Vec<Vec<&StoredEvent>> = report
        .series
        .iter()
        .map(|series| {
            events
                .iter()
                .filter(|event| counts(event, series, report, plan))
                .collect()
        })
        .collect();
    let groups = groups(&rows, report);
    let mut lines = Vec::new();
    for (series, rows) in report.series.iter().zip(&rows) {
        for group in &groups {
            let rows: Vec<_> = rows
                .iter()
                .copied()
                .filter(|row| group.contains(row, report))
                .collect();
            let in_bucket = |edges: &[i64]| -> Vec<&StoredEvent> {
                let inside = |row: &&&StoredEvent| edges[0] <= row.time && row.time < edges[1];
                rows.iter().filter(inside).copied().collect()
            };
            lines.push(AnswerLine {
                id: series.id.clone(),
                segment: group.name.clone(),
                points: plan
                    .edges
                    .windows(2)
                    .map(|edges| measure(series, &in_bucket(edges)))
                    .collect(),
                total: measure(series, &rows),
            });
        }
    }
    lines
}

fn counts(event: &StoredEvent, series: &Series, report: &Insights, plan: &Plan) -> bool {
    let named = match &series.event {
        EventSelector::All => true,
        EventSelector::Named(name) => event.event == *name,
        EventSelector::AnyOf(names) => names.contains(&event.event),
    };
    let passes = |filter: &Option<_>| {
        filter
            .as_ref()
            .is_none_or(|filter: &empmix_query::report::Filter| filter.matches(event))
    };
    named
        && plan.start <= event.time
        && event.time < plan.end
        && passes(&report.filter)
        && passes(&series.filter)
}

struct Group {
    name: Option<Segment>,
    segments: BTreeSet<Segment>,
}

impl Group {
    fn contains(&self, row: &StoredEvent, report: &Insights) -> bool {
        self.name.is_none() || !segments(row, report).is_disjoint(&self.segments)
    }
}

fn segments(row: &StoredEvent, report: &Insights) -> BTreeSet<Segment> {
    let property = &report.breakdown[0].property;
    let value = row
        .value(&property.property)
        .and_then(|value| read(value, property.cast));
    Segment::of(value.as_deref())
}

fn groups(rows: &[Vec<&StoredEvent>], report: &Insights) -> Vec<Group> {
    if report.breakdown.is_empty() {
        let segments = BTreeSet::new();
        return vec![Group {
            name: None,
            segments,
        }];
    }
    let all: BTreeSet<Segment> = rows
        .iter()
        .flatten()
        .flat_map(|row| segments(row, report))
        .collect();
    let mut first: BTreeMap<&Segment, Vec<&StoredEvent>> = BTreeMap::new();
    for segment in &all {
        let inside = |row: &&&StoredEvent| segments(row, report).contains(segment);
        first.insert(segment, rows[0].iter().filter(inside).copied().collect());
    }
    let total = |rows: &Vec<&StoredEvent>| measure(&report.series[0], rows);
    let candidates = first
        .iter()
        .map(|(segment, rows)| ((*segment).clone(), total(rows)));
    let shown = rank(candidates.collect(), report.limit);
    let alone = |segment: &Segment| Group {
        name: Some(segment.clone()),
        segments: BTreeSet::from([segment.clone()]),
    };
    let mut groups: Vec<Group> = shown.segments.iter().map(alone).collect();
    let rest: BTreeSet<Segment> = all
        .into_iter()
        .filter(|segment| !shown.segments.contains(segment))
        .collect();
    if !rest.is_empty() {
        groups.push(Group {
            name: Some(Segment::Other),
            segments: rest,
        });
    }
    groups
}

#[expect(clippy::cast_precision_loss, reason = "there are only a few rows")]
fn measure(series: &Series, rows: &[&StoredEvent]) -> Option<f64> {
    let numbers = |property: &empmix_query::report::PropertyRef| -> Vec<f64> {
        let value = |row: &&StoredEvent| {
            let value = row.value(&property.property)?;
            number(&*read(value, property.cast)?)
        };
        rows.iter().filter_map(value).collect()
    };
    match &series.measure {
        Measure::Total => Some(rows.len() as f64),
        Measure::Unique => {
            let users: BTreeSet<&str> = rows.iter().map(|row| row.user_id.as_str()).collect();
            Some(users.len() as f64)
        }
        Measure::Sum(property) => Some(numbers(property).iter().sum()),
        Measure::Avg(property) => {
            let numbers = numbers(property);
            (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
        }
    }
}
