//! Random projects and reports for the reference implementation: every value that is hard to compare, in every place
//! where a report can name one.
//!
//! What a first series measures are multiples of a quarter, so that its sums are exact in any
//! order and segments rank alike everywhere.

use empmix_model::{
    EpochMs,
    ids::ItemHash,
    item::{Action, Authority, Event, Instruction, Item},
    project::WeekStart,
};
use empmix_query::report::{
    Breakdown, Cast, Condition, EventSelector, Filter, Granularity, Insights, Measure, Operator,
    PropertyRef, Range, Series,
};
use jiff::{ToSpan, civil::date};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator as _;

/// A project: where it is, and what was sent, in the order of its keys.
#[derive(Debug, Clone)]
pub struct Case {
    /// The zone.
    pub zone: &'static str,
    /// The day that weeks begin on.
    pub week_start: WeekStart,
    /// Messages, each with its items.
    pub messages: Vec<Vec<Item>>,
    /// What is asked.
    pub reports: Vec<Insights>,
    /// Turns the order of arrival around and mixes it.
    pub stride: usize,
}

/// Around a change of clocks in every zone below.
struct Place {
    zone: &'static str,
    around: jiff::civil::Date,
}

const PLACES: [Place; 10] = [
    Place {
        zone: "UTC",
        around: date(2026, 3, 29),
    },
    Place {
        zone: "Europe/Berlin",
        around: date(2026, 3, 29),
    },
    Place {
        zone: "America/New_York",
        around: date(2025, 11, 2),
    },
    Place {
        zone: "America/Asuncion",
        around: date(2024, 10, 6),
    },
    Place {
        zone: "Asia/Almaty",
        around: date(2024, 3, 1),
    },
    Place {
        zone: "Africa/Cairo",
        around: date(2026, 4, 24),
    },
    Place {
        zone: "Australia/Lord_Howe",
        around: date(2026, 4, 5),
    },
    Place {
        zone: "Asia/Kathmandu",
        around: date(2025, 12, 31),
    },
    Place {
        zone: "Pacific/Apia",
        around: date(2011, 12, 30),
    },
    Place {
        zone: "America/St_Johns",
        around: date(2010, 11, 7),
    },
];

const IDS: [&str; 8] = ["ann", "bob", "$e", "d.1", "ü🦀", "5", "true", "ANN"];
const EVENTS: [&str; 4] = ["view", "buy", "$page.view", "Straße"];
/// Names by which reports ask; some are keys, some are paths, some are both, some are nothing.
const NAMES: [&str; 24] = [
    "p",
    "n",
    "h",
    "o.p",
    "o.list.x",
    "o.list.y.z",
    "a.b",
    "a",
    "l",
    "l.p",
    "$x",
    "$where",
    "%24x",
    "ü.ß",
    "o..p",
    "none",
    "none.at.all",
    "$event",
    "$user_id",
    "$distinct_id",
    "$session_id",
    "$time",
    "$received_at",
    "",
];

/// Projects with reports.
pub fn cases(reports: usize) -> impl Strategy<Value = Case> {
    let week_start = select(&[WeekStart::Monday, WeekStart::Saturday, WeekStart::Sunday][..]);
    (0..PLACES.len(), week_start, 1..50_usize).prop_flat_map(move |(place, week_start, stride)| {
        let Place { zone, around } = &PLACES[place];
        let items = vec(item(*around), 0..60);
        let reports = vec(report(*around), reports);
        (items, reports, 1..9_usize).prop_map(move |(items, reports, size)| Case {
            zone,
            week_start,
            messages: numbered(items).chunks(size).map(<[Item]>::to_vec).collect(),
            reports,
            stride,
        })
    })
}

/// Gives every item an id of its own.
fn numbered(items: Vec<Item>) -> Vec<Item> {
    let numbered = |(number, item): (usize, Item)| {
        let insert_id = format!("i{number}");
        match item {
            Item::Event(event) => Item::Event(Event {
                id: ItemHash::of(&event.distinct_id, &insert_id, Some(event.time)),
                insert_id,
                ..event
            }),
            Item::Instruction(said) => Item::Instruction(Instruction {
                id: ItemHash::of(&said.distinct_id, &insert_id, Some(said.time)),
                insert_id,
                ..said
            }),
        }
    };
    items.into_iter().enumerate().map(numbered).collect()
}

fn item(around: jiff::civil::Date) -> impl Strategy<Value = Item> {
    prop_oneof![
        9 => event(around).prop_map(Item::Event),
        1 => instruction().prop_map(Item::Instruction),
    ]
}

fn noon(day: jiff::civil::Date) -> EpochMs {
    let noon = day.at(12, 0, 0, 0).in_tz("UTC").unwrap();
    noon.timestamp().as_millisecond()
}

fn event(around: jiff::civil::Date) -> impl Strategy<Value = Event> {
    // Quarters of an hour, now and then a millisecond beside one.
    let time = (-400..400_i64, -1..=1_i64)
        .prop_map(move |(quarters, beside)| noon(around) + quarters * 900_000 + beside);
    let session = option::of(select(&["s1", "s2", "null"][..]));
    (
        select(&EVENTS[..]),
        select(&IDS[..]),
        time,
        session,
        properties(),
    )
        .prop_map(|(event, id, time, session, properties)| Event {
            id: ItemHash([0; 16]),
            event: event.into(),
            distinct_id: id.into(),
            time,
            client_time: None,
            insert_id: String::new(),
            session_id: session.map(str::to_owned),
            properties,
        })
}

fn instruction() -> impl Strategy<Value = Instruction> {
    let authority = select(&[Authority::Client, Authority::Server][..]);
    (select(&IDS[..]), select(&IDS[..]), authority, any::<bool>()).prop_map(
        |(id, source, authority, identifies)| Instruction {
            id: ItemHash([0; 16]),
            distinct_id: id.into(),
            time: 0,
            client_time: None,
            insert_id: String::new(),
            authority,
            action: if identifies {
                Action::Identify {
                    anonymous_id: Some(source.to_owned()).filter(|source| source != id),
                    properties: None,
                    operations: None,
                }
            } else {
                Action::Link {
                    source: source.into(),
                }
            },
        },
    )
}

fn properties() -> impl Strategy<Value = Map<String, Value>> {
    let quarters = option::of((-9..9_i32).prop_map(|quarters| json!(f64::from(quarters) / 4.0)));
    let nested = (value(), value()).prop_map(|(one, two)| {
        json!({"p": one, "list": [{"x": two, "y": [{"z": one}]}, 7, {"x": 1, "y": {"z": two}}, [{"x": 3}]]})
    });
    let rest = (
        option::of(value()),
        option::of(value()),
        option::of(value()),
    );
    (
        option::of(value()),
        quarters,
        option::of(huge()),
        option::of(nested),
        rest,
    )
        .prop_map(|(p, n, h, o, (dotted, list, odd))| {
            let fields = [
                ("p", p),
                ("n", n),
                ("h", h),
                ("o", o),
                (
                    "a",
                    dotted.as_ref().map(|value| json!({"b": value, "b.c": 1})),
                ),
                ("a.b", dotted.filter(|value| value != &json!("a"))),
                (
                    "l",
                    list.map(|value| json!([{"p": value}, {"p": null}, value])),
                ),
                ("$x", odd.clone()),
                ("%24x", odd.as_ref().map(|_| json!("escaped"))),
                ("ü", odd.as_ref().map(|value| json!({"ß": value}))),
                ("$where", odd.as_ref().map(|value| json!({"$gt": value}))),
                ("$event", odd.as_ref().map(|_| json!("not this"))),
                ("", odd),
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
        json!("A"),
        json!("ab"),
        json!(""),
        json!("5"),
        json!("5.0"),
        json!("05"),
        json!("1e3"),
        json!(" 5"),
        json!("-0"),
        json!("ü"),
        json!("u\u{308}"),
        json!("🦀 $e"),
        json!("$props.n"),
        json!("a\u{0}b"),
        json!("true"),
        json!(5),
        json!(5.0),
        json!(0),
        json!(-0.0),
        json!(1000),
        json!(-2.5),
        json!(0.1),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!(["a", "b", "a", 5, 5.0, "5", true]),
        json!([1.5, "5", null, 0, -0.0]),
        json!([[1], {"x": "a"}]),
        json!([null]),
        json!({}),
        json!({"x": 1, "p": [5]}),
    ])
}

/// Numbers at the ends of f64, and near each other where it can just tell them apart.
fn huge() -> impl Strategy<Value = Value> {
    select(vec![
        json!(1e300),
        json!(-1e300),
        json!(5e-324),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_994.0),
        json!(-9_007_199_254_740_992_i64),
        json!(0.1),
        json!(0.300_000_000_000_000_04),
        json!("1e400"),
        json!("1e-400"),
        json!("-2.5e-320"),
        json!("1e-7000"),
        json!("9007199254740993"),
        json!("123456789012345678901234567890"),
    ])
}

fn property() -> impl Strategy<Value = PropertyRef> {
    (
        select(&NAMES[..NAMES.len() - 1]),
        option::weighted(0.3, Just(Cast::Number)),
    )
        .prop_map(|(name, cast)| PropertyRef {
            property: name.into(),
            cast,
        })
}

fn condition() -> impl Strategy<Value = Filter> {
    let scalars = vec(
        prop_oneof![3 => value(), 1 => huge()].prop_filter("a scalar", |value| {
            value.is_string() || value.is_number() || value.is_boolean()
        }),
        0..4,
    );
    let texts = vec(select(&["a", "", "e", "ü", "5", "\u{0}", "$"][..]), 0..3);
    let numbers = vec(
        select(vec![
            json!(0),
            json!(5),
            json!(-0.0),
            json!(0.1),
            json!(1e300),
            json!(9_007_199_254_740_993_i64),
            json!(1_774_396_800_000_i64),
        ]),
        0..3,
    );
    let is = (select(&[Operator::Is, Operator::IsNot][..]), scalars);
    let compare = (
        select(&[Operator::Eq, Operator::Gt, Operator::Lt][..]),
        numbers,
    );
    let set = select(&[Operator::Set, Operator::NotSet][..]);
    let test = prop_oneof![
        is,
        texts.prop_map(|texts| (
            Operator::Contains,
            texts.into_iter().map(Value::from).collect()
        )),
        compare,
        set.prop_map(|op| (op, Vec::new())),
    ];
    (property(), test).prop_map(|(property, (op, values))| {
        Filter::Condition(Condition {
            property,
            op,
            values,
        })
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    condition().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|and| Filter::And { and }),
            vec(inner, 0..3).prop_map(|or| Filter::Or { or }),
        ]
    })
}

fn event_selector() -> impl Strategy<Value = EventSelector> {
    prop_oneof![
        Just(EventSelector::All),
        select(&EVENTS[..]).prop_map(|name| EventSelector::Named(name.into())),
        Just(EventSelector::Named("nothing".into())),
        vec(select(&EVENTS[..]), 1..4)
            .prop_map(|names| EventSelector::AnyOf(names.into_iter().map(str::to_owned).collect())),
    ]
}

/// A first series measures what adds up exactly.
fn series(first: bool) -> impl Strategy<Value = Series> {
    let quarters = PropertyRef {
        property: "n".into(),
        cast: None,
    };
    let (sum, avg) = (quarters.clone(), quarters);
    let any_property = move |exact: PropertyRef| {
        property().prop_map(move |property| if first { exact.clone() } else { property })
    };
    let measure = prop_oneof![
        Just(Measure::Total),
        Just(Measure::Unique),
        any_property(sum).prop_map(Measure::Sum),
        any_property(avg).prop_map(Measure::Avg),
    ];
    (event_selector(), option::weighted(0.3, filter()), measure).prop_map(
        |(event, filter, measure)| Series {
            id: String::new(),
            event,
            filter,
            measure,
        },
    )
}

fn range(around: jiff::civil::Date) -> impl Strategy<Value = Range> {
    let dates = (-5..5_i64, 0..6_i64).prop_map(move |(from, days)| Range::Dates {
        from: around.checked_add(from.days()).unwrap(),
        to: around.checked_add((from + days).days()).unwrap(),
    });
    let unit = select(Granularity::iter().collect::<Vec<_>>());
    let last = (1..5_u32, unit).prop_map(|(last, unit)| Range::Last { last, unit });
    prop_oneof![3 => dates, 1 => last]
}

fn report(around: jiff::civil::Date) -> impl Strategy<Value = Insights> {
    let granularity = select(&[
        Granularity::Hour,
        Granularity::Day,
        Granularity::Week,
        Granularity::Month,
        Granularity::Quarter,
        Granularity::Year,
    ]);
    let now = (-500..500_i64).prop_map(move |quarters| noon(around) + quarters * 900_000);
    (
        (range(around), granularity, now),
        (series(true), vec(series(false), 0..3)),
        option::weighted(0.3, filter()),
        option::of(property().prop_map(|property| Breakdown { property })),
        1..6_usize,
    )
        .prop_map(
            |((range, granularity, now), (first, more), filter, breakdown, limit)| Insights {
                range,
                granularity,
                series: std::iter::once(first)
                    .chain(more)
                    .enumerate()
                    .map(|(number, series)| Series {
                        id: format!("S{number}"),
                        ..series
                    })
                    .collect(),
                filter,
                breakdown: breakdown.into_iter().collect(),
                limit,
                now: Some(now),
            },
        )
}
