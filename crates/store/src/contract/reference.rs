//! The slow and plain way to answer a report: event by event, from the rules of `docs/REPORTS.md`
//! alone. It shares no code with the engines but the report and the plan's instants.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet, HashMap},
};

use empmix_model::{
    EpochMs,
    item::{Action, Authority, Item},
};
use empmix_query::{
    Plan,
    report::{Cast, Condition, EventSelector, Filter, Insights, Measure, Operator, PropertyRef},
};
use serde_json::{Value, json};

/// An event as the reference implementation sees it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub event: String,
    /// As the client sent it.
    pub distinct_id: String,
    /// When it happened.
    pub time: EpochMs,
    /// When it was received.
    pub received_at: EpochMs,
    /// Its session, if any.
    pub session_id: Option<String>,
    /// Its properties.
    pub properties: Value,
}

/// One line of an answer: series, segment, points, total.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The series' id.
    pub id: String,
    /// The segment as JSON; empty without a breakdown.
    pub segment: Vec<Value>,
    /// A value per bucket.
    pub points: Vec<Option<f64>>,
    /// The value of the range.
    pub total: Option<f64>,
}

/// Who is who, from items in key order: links one after the other.
pub fn users<'a>(items: impl IntoIterator<Item = &'a Item>) -> HashMap<String, String> {
    let mut parents: HashMap<String, String> = HashMap::new();
    let mut identified: BTreeSet<String> = BTreeSet::new();
    let mut said: BTreeSet<(bool, String, String)> = BTreeSet::new();
    for item in items {
        let Item::Instruction(instruction) = item else {
            continue;
        };
        let own = &instruction.distinct_id;
        let (source, is_client) = match &instruction.action {
            Action::Link { source } => (Some(source), instruction.authority == Authority::Client),
            Action::Identify { anonymous_id, .. } => (anonymous_id.as_ref(), true),
        };
        if let Some(source) = source {
            let is_new = said.insert((is_client, source.clone(), own.clone()));
            let refused = parents.contains_key(source)
                || end(&parents, source) == end(&parents, own)
                || (is_client && identified.contains(source));
            if is_new && !refused {
                parents.insert(source.clone(), own.clone());
            }
        }
        identified.insert(own.clone());
    }
    let resolved = parents.keys().map(|id| (id.clone(), end(&parents, id)));
    resolved.collect()
}

fn end(parents: &HashMap<String, String>, id: &str) -> String {
    let mut id = id.to_owned();
    while let Some(parent) = parents.get(&id) {
        id.clone_from(parent);
    }
    id
}

/// Events and who is who.
pub struct Reference {
    /// The events, each once.
    pub rows: Vec<Row>,
    /// The users of ids that have a link.
    pub users: HashMap<String, String>,
}

impl Reference {
    /// The sum of the magnitudes of everything that a report adds up: sums of the same numbers in
    /// another order differ by no more than a tiny part of it.
    pub fn magnitude(&self, report: &Insights, plan: &Plan) -> f64 {
        let of_series = |at: usize| -> f64 {
            let (Measure::Sum(property) | Measure::Avg(property)) = &report.series[at].measure
            else {
                return 0.0;
            };
            let rows = self.rows_of(report, at, plan);
            let numbers = rows
                .iter()
                .filter_map(|row| self.read(property, row)?.as_f64());
            numbers.map(f64::abs).sum()
        };
        (0..report.series.len()).map(of_series).sum()
    }

    /// Answers a report.
    pub fn answer(&self, report: &Insights, plan: &Plan) -> Vec<Line> {
        let of_series: Vec<Vec<&Row>> = (0..report.series.len())
            .map(|at| self.rows_of(report, at, plan))
            .collect();
        let mut lines = Vec::new();
        for (series, rows) in report.series.iter().zip(&of_series) {
            for (segment, members) in self.segments(report, &of_series) {
                let rows: Vec<&Row> = rows
                    .iter()
                    .copied()
                    .filter(|row| {
                        let keys = self.keys(report, row);
                        members
                            .as_ref()
                            .is_none_or(|members| keys.iter().any(|key| members.contains(key)))
                    })
                    .collect();
                let in_bucket = |edges: &[EpochMs]| {
                    let inside = |row: &&&Row| edges[0] <= row.time && row.time < edges[1];
                    self.measure(
                        &series.measure,
                        &rows.iter().filter(inside).copied().collect::<Vec<_>>(),
                    )
                };
                lines.push(Line {
                    id: series.id.clone(),
                    segment: segment.into_iter().collect(),
                    points: plan.edges.windows(2).map(in_bucket).collect(),
                    total: self.measure(&series.measure, &rows),
                });
            }
        }
        lines
    }

    fn user<'a>(&'a self, row: &'a Row) -> &'a str {
        self.users.get(&row.distinct_id).unwrap_or(&row.distinct_id)
    }

    /// The events that count for a series.
    fn rows_of(&self, report: &Insights, series: usize, plan: &Plan) -> Vec<&Row> {
        let series = &report.series[series];
        let named = |row: &Row| match &series.event {
            EventSelector::All => true,
            EventSelector::Named(name) => row.event == *name,
            EventSelector::AnyOf(names) => names.contains(&row.event),
        };
        let filters: Vec<&Filter> = report.filter.iter().chain(&series.filter).collect();
        let counts = |row: &&Row| {
            row.time >= plan.start
                && row.time < plan.end
                && named(row)
                && filters.iter().all(|filter| self.passes(filter, row))
        };
        self.rows.iter().filter(counts).collect()
    }

    /// The segments that are shown, in order, each with the keys that it holds; one without a name
    /// where there is no breakdown.
    fn segments(
        &self,
        report: &Insights,
        of_series: &[Vec<&Row>],
    ) -> Vec<(Option<Value>, Option<BTreeSet<Key>>)> {
        if report.breakdown.is_empty() {
            return vec![(None, None)];
        }
        let all = of_series.iter().flatten();
        let keys: BTreeSet<Key> = all.flat_map(|row| self.keys(report, row)).collect();
        let total = |key: &Key| {
            let holds = |row: &&&Row| self.keys(report, row).contains(key);
            let rows: Vec<&Row> = of_series[0].iter().filter(holds).copied().collect();
            self.measure(&report.series[0].measure, &rows)
        };
        let mut ranked: Vec<(Key, Option<f64>)> = keys
            .into_iter()
            .map(|key| {
                let total = total(&key);
                (key, total)
            })
            .collect();
        // Ascending keys already; the sort keeps equal totals in that order.
        ranked.sort_by(|(_, a), (_, b)| match (a, b) {
            (Some(a), Some(b)) => b.partial_cmp(a).unwrap_or(Ordering::Equal),
            (a, b) => Reverse(a.is_some()).cmp(&Reverse(b.is_some())),
        });
        let rest = ranked.split_off(ranked.len().min(report.limit));
        let mut shown: Vec<_> = ranked
            .into_iter()
            .map(|(key, _)| (Some(key.json()), Some(BTreeSet::from([key]))))
            .collect();
        if !rest.is_empty() {
            let keys = rest.into_iter().map(|(key, _)| key).collect();
            shown.push((Some(json!({"other": true})), Some(keys)));
        }
        shown
    }

    /// The segments that an event counts in.
    fn keys(&self, report: &Insights, row: &Row) -> BTreeSet<Key> {
        let value = report
            .breakdown
            .first()
            .and_then(|breakdown| self.read(&breakdown.property, row));
        let items = match value {
            Some(Value::Array(items)) => items,
            Some(value) => vec![value],
            None => Vec::new(),
        };
        let keys: BTreeSet<Key> = items.iter().filter_map(Key::of).collect();
        if keys.is_empty() {
            BTreeSet::from([Key::NotSet])
        } else {
            keys
        }
    }

    fn measure(&self, measure: &Measure, rows: &[&Row]) -> Option<f64> {
        let numbers = |property: &PropertyRef| -> Vec<f64> {
            let number = |row: &&Row| self.read(property, row).filter(Value::is_number)?.as_f64();
            rows.iter().filter_map(number).collect()
        };
        match measure {
            Measure::Total => Some(rows.len() as f64),
            Measure::Unique => {
                let users: BTreeSet<&str> = rows.iter().map(|row| self.user(row)).collect();
                Some(users.len() as f64)
            }
            Measure::Sum(property) => Some(numbers(property).iter().sum::<f64>() + 0.0),
            Measure::Avg(property) => {
                let numbers = numbers(property);
                let sum = numbers.iter().sum::<f64>();
                (!numbers.is_empty()).then(|| sum / numbers.len() as f64 + 0.0)
            }
        }
    }

    fn passes(&self, filter: &Filter, row: &Row) -> bool {
        match filter {
            Filter::And { and } => and.iter().all(|part| self.passes(part, row)),
            Filter::Or { or } => or.iter().any(|part| self.passes(part, row)),
            Filter::Condition(condition) => self.holds(condition, row),
        }
    }

    fn holds(&self, condition: &Condition, row: &Row) -> bool {
        let value = self.read(&condition.property, row);
        let any = |accepts: &dyn Fn(&Value, &Value) -> bool| {
            let one = |value: &Value| condition.values.iter().any(|given| accepts(value, given));
            match &value {
                Some(Value::Array(items)) => items.iter().any(one),
                Some(value) => one(value),
                None => false,
            }
        };
        let numbers = |value: &Value, given: &Value| value.as_f64().zip(given.as_f64());
        let compare = |test: fn(f64, f64) -> bool| {
            any(&|value, given| numbers(value, given).is_some_and(|(a, b)| test(a, b)))
        };
        let is = || {
            any(&|value, given| match Key::of(value) {
                Some(key) => Some(key) == Key::of(given),
                None => false,
            })
        };
        match condition.op {
            Operator::Is => is(),
            Operator::IsNot => !is(),
            Operator::Contains => any(&|value, given| match (value, given) {
                (Value::String(value), Value::String(given)) => value.contains(given.as_str()),
                _ => false,
            }),
            Operator::Set => value.is_some(),
            Operator::NotSet => value.is_none(),
            Operator::Eq => compare(|a, b| a == b),
            Operator::Gt => compare(|a, b| a > b),
            Operator::Lt => compare(|a, b| a < b),
        }
    }

    /// The value of a property, cast; `None` where it is missing.
    fn read(&self, property: &PropertyRef, row: &Row) -> Option<Value> {
        let value = self.stored(&property.property, row)?;
        match property.cast {
            None => Some(value),
            Some(Cast::Number) => as_number(&value),
        }
    }

    fn stored(&self, name: &str, row: &Row) -> Option<Value> {
        match name {
            "$event" => return Some(json!(row.event)),
            "$distinct_id" => return Some(json!(row.distinct_id)),
            "$user_id" => return Some(json!(self.user(row))),
            "$time" => return Some(json!(row.time)),
            "$received_at" => return Some(json!(row.received_at)),
            "$session_id" => return row.session_id.as_ref().map(|session| json!(session)),
            _ => {}
        }
        let whole = row.properties.get(name).filter(|value| !value.is_null());
        if let Some(value) = whole {
            return Some(value.clone());
        }
        let keys: Vec<&str> = name.split('.').collect();
        (keys.len() > 1).then(|| find(&row.properties, &keys))?
    }
}

fn find(value: &Value, keys: &[&str]) -> Option<Value> {
    let Some((key, rest)) = keys.split_first() else {
        return (!value.is_null()).then(|| value.clone());
    };
    match value {
        Value::Object(fields) => find(fields.get(*key)?, rest),
        Value::Array(items) => {
            let objects = items.iter().filter(|item| item.is_object());
            Some(objects.filter_map(|item| find(item, keys)).collect())
        }
        _ => None,
    }
}

fn as_number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            let spaced = text.bytes().any(|byte| byte.is_ascii_whitespace());
            let number: Option<Value> = serde_json::from_str(text).ok();
            number.filter(|number| number.is_number() && !spaced)
        }
        Value::Array(items) => Some(items.iter().filter_map(as_number).collect()),
        _ => None,
    }
}

/// A segment, ordered as ties are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Text(String),
    /// By its bits, turned so that they sort as the numbers do.
    Number(i64),
    Boolean(bool),
    NotSet,
}

impl Key {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Number(number) => {
                // Adding zero makes 0 of −0.
                let bits = (number.as_f64()? + 0.0).to_bits().cast_signed();
                Some(Self::Number(if bits < 0 { bits ^ i64::MAX } else { bits }))
            }
            Value::Bool(flag) => Some(Self::Boolean(*flag)),
            _ => None,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(bits) => {
                let bits = if *bits < 0 { *bits ^ i64::MAX } else { *bits };
                json!(f64::from_bits(bits.cast_unsigned()))
            }
            Self::Boolean(flag) => json!(flag),
            Self::NotSet => json!({"not_set": true}),
        }
    }
}

/// Lines by series and segment: what comparing answers of two reports needs.
pub fn by_segment(lines: &[Line]) -> BTreeMap<(String, String), &Line> {
    let key = |line: &Line| {
        (
            line.id.clone(),
            Value::from(line.segment.clone()).to_string(),
        )
    };
    lines.iter().map(|line| (key(line), line)).collect()
}
