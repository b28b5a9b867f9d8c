//! Random projects and reports. All numbers are multiples of 0.5, so that sums are exact in any
//! order and answers can be compared exactly.

use empmix_query::report::{
    Breakdown, Cast, Condition, EventSelector, Filter, Granularity, Insights, Measure, Operator,
    PropertyRef, Range, Series,
};
use jiff::civil::date;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::memory::{TestProject, TestRow, event_name};

/// 2026-03-25T00:00:00Z, a few days before summer time begins in Berlin.
const FROM: i64 = 1_774_396_800_000;
const IDS: u32 = 7;

pub fn project() -> impl Strategy<Value = TestProject> {
    (vec(row(), 0..60), vec(0..IDS, IDS as usize)).prop_map(|(rows, links)| TestProject {
        rows,
        user_of: users(&links),
    })
}

/// Links each id to itself or a smaller one, and resolves the chains.
pub fn users(links: &[u32]) -> Vec<u32> {
    let mut users: Vec<u32> = Vec::new();
    for (id, link) in (0..).zip(links) {
        users.push(if *link < id {
            users[*link as usize]
        } else {
            id
        });
    }
    users
}

fn row() -> impl Strategy<Value = TestRow> {
    let time = (0..8_i64 * 24 * 4).prop_map(|quarters| FROM + quarters * 900_000);
    (0..IDS, 0..3_u32, time, 0..3_usize, properties()).prop_map(
        |(id, event, time, part, properties)| TestRow {
            id,
            event,
            time,
            part,
            properties,
        },
    )
}

fn properties() -> impl Strategy<Value = Map<String, Value>> {
    let number = option::of((-6..6_i32).prop_map(|halves| json!(f64::from(halves) / 2.0)));
    (option::of(value()), number, option::of(value())).prop_map(|(p, n, nested)| {
        let fields = [
            ("p", p),
            ("n", n),
            (
                "o",
                nested.map(|value| json!({"p": value, "list": [{"x": 1}, {"x": value}]})),
            ),
        ];
        let present = fields
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)));
        present.collect()
    })
}

fn value() -> impl Strategy<Value = Value> {
    select(vec![
        json!("a"),
        json!("ab"),
        json!("5"),
        json!(5),
        json!(5.0),
        json!(0),
        json!(-0.0),
        json!(1.5),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!(["a", "b", "a", 5]),
        json!([1.5, "5", null]),
        json!({"x": 1}),
    ])
}

fn property() -> impl Strategy<Value = PropertyRef> {
    let names = [
        "p",
        "n",
        "o.p",
        "o.list.x",
        "none",
        "$event",
        "$user_id",
        "$distinct_id",
        "$session_id",
    ];
    (select(names.to_vec()), option::of(Just(Cast::Number))).prop_map(|(name, cast)| PropertyRef {
        property: name.to_owned(),
        cast,
    })
}

fn condition() -> impl Strategy<Value = Filter> {
    let op = select(vec![
        (Operator::Is, json!(["a", 5, true])),
        (Operator::Is, json!([0, "event1", "id3"])),
        (Operator::IsNot, json!(["5", 1.5])),
        (Operator::Contains, json!(["a", "2"])),
        (Operator::Set, json!([])),
        (Operator::NotSet, json!([])),
        (Operator::Eq, json!([5])),
        (Operator::Gt, json!([0.5])),
        (Operator::Lt, json!([1, 2])),
    ]);
    (property(), op).prop_map(|(property, (op, values))| {
        Filter::Condition(Condition {
            property,
            op,
            values: values.as_array().cloned().unwrap_or_default(),
        })
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    condition().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|and| Filter::And { and }),
            vec(inner, 0..3).prop_map(|or| Filter::Or { or }),
        ]
    })
}

pub fn measure() -> impl Strategy<Value = Measure> {
    prop_oneof![
        Just(Measure::Total),
        Just(Measure::Unique),
        property().prop_map(Measure::Sum),
        property().prop_map(Measure::Avg),
    ]
}

fn series() -> impl Strategy<Value = Series> {
    let event = prop_oneof![
        Just(EventSelector::All),
        (0..4_u32).prop_map(|event| EventSelector::Named(event_name(event))),
        Just(EventSelector::AnyOf(vec![event_name(0), event_name(2)])),
    ];
    (event, option::weighted(0.3, filter()), measure()).prop_map(|(event, filter, measure)| {
        Series {
            id: String::new(),
            event,
            filter,
            measure,
        }
    })
}

pub fn report() -> impl Strategy<Value = Insights> {
    let granularity = select(vec![Granularity::Hour, Granularity::Day, Granularity::Week]);
    let breakdown = option::of(property().prop_map(|property| Breakdown { property }));
    let days = (25..32_i8, 0..6_i8);
    let filter = option::weighted(0.3, filter());
    (
        days,
        granularity,
        vec(series(), 1..4),
        filter,
        breakdown,
        1..6_usize,
    )
        .prop_map(
            |((first, more), granularity, mut series, filter, breakdown, limit)| {
                for (number, series) in series.iter_mut().enumerate() {
                    series.id = format!("S{number}");
                }
                let from = date(2026, 3, first);
                Insights {
                    range: Range::Dates {
                        from,
                        to: from.checked_add(jiff::Span::new().days(more)).unwrap(),
                    },
                    granularity,
                    series,
                    filter,
                    breakdown: breakdown.into_iter().collect(),
                    limit,
                    now: None,
                }
            },
        )
}

/// Time zones with different days in the time range of the projects.
pub fn zone() -> impl Strategy<Value = &'static str> {
    select(&["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Asuncion"][..])
}
