//! Serialising and parsing a report returns the same report.

use empmix_query::{
    parse,
    report::{
        Breakdown, Cast, Condition, EventSelector, Filter, Granularity, Insights, Measure,
        Operator, PropertyRef, Range, Report, Series,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

fn property() -> impl Strategy<Value = PropertyRef> {
    ("[a-z$.%ß]{1,12}", option::of(Just(Cast::Number)))
        .prop_map(|(property, cast)| PropertyRef { property, cast })
}

fn condition() -> impl Strategy<Value = Filter> {
    let scalar = prop_oneof![
        ".{0,8}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    let text = ".{0,8}".prop_map(Value::from);
    let number = (-1e9..1e9).prop_map(Value::from);
    let op_and_values = prop_oneof![
        (
            select(vec![Operator::Is, Operator::IsNot]),
            vec(scalar, 0..4)
        ),
        (Just(Operator::Contains), vec(text, 0..4)),
        (
            select(vec![Operator::Eq, Operator::Gt, Operator::Lt]),
            vec(number, 0..4)
        ),
        (
            select(vec![Operator::Set, Operator::NotSet]),
            Just(Vec::new())
        ),
    ];
    (property(), op_and_values).prop_map(|(property, (op, values))| {
        Filter::Condition(Condition {
            property,
            op,
            values,
        })
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    condition().prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|and| Filter::And { and }),
            vec(inner, 0..4).prop_map(|or| Filter::Or { or }),
        ]
    })
}

fn unit() -> impl Strategy<Value = Granularity> {
    use Granularity::{Day, Hour, Minute, Month, Quarter, Week, Year};
    select(vec![Minute, Hour, Day, Week, Month, Quarter, Year])
}

fn range() -> impl Strategy<Value = Range> {
    let date = |days: i64| jiff::civil::date(2000, 1, 1) + jiff::Span::new().days(days);
    prop_oneof![
        (0..9000_i64, 0..9000_i64).prop_map(move |(first, more)| Range::Dates {
            from: date(first),
            to: date(first + more),
        }),
        (1..u32::MAX, unit()).prop_map(|(last, unit)| Range::Last { last, unit }),
    ]
}

fn series() -> impl Strategy<Value = Vec<Series>> {
    let event = prop_oneof![
        Just(EventSelector::All),
        ".{1,20}".prop_map(EventSelector::Named),
        vec(".{1,20}", 1..4).prop_map(EventSelector::AnyOf),
    ];
    let measure = prop_oneof![
        Just(Measure::Total),
        Just(Measure::Unique),
        property().prop_map(Measure::Sum),
        property().prop_map(Measure::Avg),
    ];
    vec((event, option::of(filter()), measure), 1..5).prop_map(|all| {
        let one = |(number, (event, filter, measure))| Series {
            id: format!("S{number}"),
            event,
            filter,
            measure,
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn report() -> impl Strategy<Value = Report> {
    let breakdown = option::of(property().prop_map(|property| Breakdown { property }));
    let now = option::of(0..4_000_000_000_000_i64);
    (
        range(),
        unit(),
        series(),
        option::of(filter()),
        breakdown,
        1..=1000_usize,
        now,
    )
        .prop_map(
            |(range, granularity, series, filter, breakdown, limit, now)| {
                Report::Insights(Insights {
                    range,
                    granularity,
                    series,
                    filter,
                    breakdown: breakdown.into_iter().collect(),
                    limit,
                    now,
                })
            },
        )
}

proptest! {
    #[test]
    fn a_report_round_trips_through_json(report in report()) {
        let text = serde_json::to_string(&report).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        let read = parse(&body).unwrap();
        // Text may round a float's last digit; the parsed report is stable after that.
        let again = parse(&serde_json::to_value(&read).unwrap()).unwrap();
        prop_assert_eq!(&again, &read);
        prop_assert_eq!(parse(&serde_json::to_value(&report).unwrap()).unwrap(), report);
    }

    #[test]
    fn parsing_an_invalid_body_returns_an_error_with_its_path(
        key in select(&["kind", "range", "series", "filter", "breakdown", "limit", "now"][..]),
        value in select(vec![json!(null), json!([]), json!({}), json!([[]]), json!([{}]), json!(-1), json!("x"), json!(1e300)]),
    ) {
        let mut body = json!({
            "kind": "insights",
            "range": {"last": 1, "unit": "day"},
            "series": [{"id": "A", "event": null}],
        });
        body[key] = value;
        if let Err(error) = parse(&body) {
            prop_assert!(error.path.starts_with(key), "{}", error);
        }
    }
}
