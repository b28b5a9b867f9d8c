use serde_json::{Value, json};

use super::parse;
use crate::report::{
    Cast, EventSelector, Filter, Granularity, Insights, Measure, Operator, Range, Report,
};

fn report() -> Value {
    json!({
        "kind": "insights",
        "range": {"from": "2026-01-01", "to": "2026-03-31"},
        "series": [{"id": "A", "event": "purchase"}],
    })
}

/// The smallest report with the field at a JSON pointer replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut report = report();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match report.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(key.to_owned(), value)),
        other => panic!("{other} is not an object"),
    }
    report
}

#[track_caller]
fn insights(body: &Value) -> Insights {
    let Report::Insights(insights) = parse(body).unwrap();
    insights
}

#[track_caller]
fn refused(body: &Value, path: &str, message: &str) {
    let error = parse(body).expect_err("the query should be refused");
    assert_eq!(error.path, path, "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[track_caller]
fn not_in_this_version(body: &Value, path: &str) {
    refused(body, path, "not in this version");
}

#[test]
fn defaults_are_filled_in() {
    let read = insights(&report());
    assert_eq!(read.granularity, Granularity::Day);
    assert_eq!(read.limit, 25);
    assert_eq!(read.filter, None);
    assert_eq!(read.breakdown, []);
    assert_eq!(read.now, None);
    assert_eq!(read.series[0].measure, Measure::Total);
    assert_eq!(
        read.range,
        Range::Dates {
            from: jiff::civil::date(2026, 1, 1),
            to: jiff::civil::date(2026, 3, 31),
        }
    );
}

#[test]
fn every_feature_is_parsed() {
    let body = json!({
        "kind": "insights",
        "range": {"last": 30, "unit": "day"},
        "granularity": "hour",
        "series": [
            {"id": "A", "event": null, "measure": {"type": "unique"}},
            {"id": "B", "event": ["signup", "login"],
             "filter": {"property": "plan", "of": "event", "op": "set"},
             "measure": {"type": "sum", "property": "price", "as": "number"}},
        ],
        "filter": {"and": [
            {"property": "plan", "op": "is", "values": ["pro", 5, true]},
            {"or": []},
        ]},
        "breakdown": [{"property": "country", "of": "event"}],
        "limit": 1000,
        "now": 1_767_225_600_000_i64,
        "formulas": [],
        "compare": null,
        "cumulative": false,
    });
    let read = insights(&body);
    assert_eq!(read.series[0].event, EventSelector::All);
    let names = vec!["signup".to_owned(), "login".to_owned()];
    assert_eq!(read.series[1].event, EventSelector::AnyOf(names));
    let Measure::Sum(property) = &read.series[1].measure else {
        panic!("expected a sum")
    };
    assert_eq!(property.cast, Some(Cast::Number));
    let Some(Filter::And { and }) = &read.filter else {
        panic!("expected an `and`")
    };
    let Filter::Condition(condition) = &and[0] else {
        panic!("expected a condition")
    };
    assert_eq!(condition.op, Operator::Is);
    assert_eq!(condition.values, [json!("pro"), json!(5), json!(true)]);
    assert_eq!(and[1], Filter::Or { or: Vec::new() });
    assert_eq!(read.limit, 1000);
    assert_eq!(read.now, Some(1_767_225_600_000));
}

#[test]
fn errors_contain_the_path_of_the_invalid_field() {
    refused(&json!([]), "", "object");
    refused(&json!({}), "kind", "required");
    refused(&with("/kind", json!("pie")), "kind", "insights");
    refused(&with("/colour", json!("red")), "colour", "unknown");
    refused(
        &with("/range", json!({"from": "2026-01-01"})),
        "range.to",
        "required",
    );
    refused(
        &with("/range/to", json!("2025-12-31")),
        "range.to",
        "before",
    );
    refused(&with("/range/to", json!("2026-02-30")), "range.to", "date");
    refused(&with("/range/to", json!("20260230")), "range.to", "date");
    refused(
        &with("/range/to", json!("2026-03-31T00:00:00")),
        "range.to",
        "date",
    );
    refused(&with("/range/last", json!(3)), "range.from", "unknown");
    refused(
        &with("/range", json!({"last": 0, "unit": "day"})),
        "range.last",
        "from 1",
    );
    refused(
        &with("/range", json!({"last": 1, "unit": "fortnight"})),
        "range.unit",
        "`week`",
    );
    refused(
        &with("/range", json!({"last": 1})),
        "range.unit",
        "required",
    );
    refused(
        &with("/granularity", json!("second")),
        "granularity",
        "`hour`",
    );
    refused(&with("/limit", json!(0)), "limit", "1 to 1000");
    refused(&with("/limit", json!(1001)), "limit", "1 to 1000");
    refused(&with("/limit", json!(2.5)), "limit", "whole");
    refused(&with("/now", json!("today")), "now", "whole");
    refused(&with("/series", json!([])), "series", "At least one");
    refused(
        &with("/series", json!([{"event": null}])),
        "series[0].id",
        "required",
    );
    refused(
        &with("/series", json!([{"id": "A"}])),
        "series[0].event",
        "required",
    );
    let twice = json!([{"id": "A", "event": null}, {"id": "A", "event": null}]);
    refused(&with("/series", twice), "series[1].id", "Another");
    let event = |value: Value| with("/series", json!([{"id": "A", "event": value}]));
    refused(&event(json!([])), "series[0].event", "At least one");
    refused(&event(json!(["a", 5])), "series[0].event[1]", "string");
    refused(&event(json!(5)), "series[0].event", "null");
    refused(&event(json!("")), "series[0].event", "1 to 255");
    let measure = |value: Value| {
        with(
            "/series",
            json!([{"id": "A", "event": null, "measure": value}]),
        )
    };
    refused(
        &measure(json!({"type": "mode"})),
        "series[0].measure.type",
        "`avg`",
    );
    refused(
        &measure(json!({"type": "sum"})),
        "series[0].measure.property",
        "required",
    );
    refused(&measure(json!("total")), "series[0].measure", "object");
    let extra = json!({"type": "total", "property": "price"});
    refused(&measure(extra), "series[0].measure.property", "unknown");
    let cast = json!({"type": "avg", "property": "price", "as": "text"});
    refused(&measure(cast), "series[0].measure.as", "`number`");
    refused(&with("/breakdown", json!({})), "breakdown", "list");
    refused(
        &with("/breakdown", json!([{}])),
        "breakdown[0].property",
        "required",
    );
}

#[test]
fn each_value_of_a_filter_is_checked() {
    let condition = |op: &str, values: Value| {
        with(
            "/filter",
            json!({"and": [{"property": "p", "op": op, "values": values}]}),
        )
    };
    refused(
        &condition("is", json!([null])),
        "filter.and[0].values[0]",
        "boolean",
    );
    refused(
        &condition("is", json!([[1]])),
        "filter.and[0].values[0]",
        "boolean",
    );
    refused(&condition("is", json!("a")), "filter.and[0].values", "list");
    refused(
        &condition("contains", json!(["a", 5])),
        "filter.and[0].values[1]",
        "string",
    );
    refused(
        &condition("gt", json!(["5"])),
        "filter.and[0].values[0]",
        "number",
    );
    refused(
        &condition("set", json!([1])),
        "filter.and[0].values",
        "At most 0",
    );
    refused(
        &condition("like", json!([])),
        "filter.and[0].op",
        "`is_not`",
    );
    let no_values = with("/filter", json!({"property": "p", "op": "is"}));
    refused(&no_values, "filter.values", "required");
    let mixed = with("/filter", json!({"and": [], "or": []}));
    refused(&mixed, "filter.or", "unknown");
    refused(&with("/filter", json!([])), "filter", "object");
    assert_eq!(insights(&condition("is", json!([]))).limit, 25);

    let mut deep = json!({"and": []});
    for _ in 0..15 {
        deep = json!({"or": [deep]});
    }
    assert_eq!(insights(&with("/filter", deep.clone())).limit, 25);
    let too_deep = json!({"or": [deep]});
    let path = format!("filter{}.and", ".or[0]".repeat(16));
    refused(&with("/filter", too_deep), &path, "16 deep");
}

#[test]
fn unsupported_features_have_their_own_error() {
    for kind in [
        "funnel",
        "retention",
        "flows",
        "lifecycle",
        "stickiness",
        "sessions",
    ] {
        not_in_this_version(&json!({"kind": kind, "range": {}}), "kind");
    }
    let formulas = json!([{"id": "F", "expr": "A * 2"}]);
    not_in_this_version(&with("/formulas", formulas), "formulas");
    let compare = json!({"shift": 1, "unit": "period"});
    not_in_this_version(&with("/compare", compare), "compare");
    not_in_this_version(&with("/rolling", json!(7)), "rolling");
    not_in_this_version(&with("/cumulative", json!(true)), "cumulative");
    for measure in super::insights::UNSUPPORTED_MEASURES {
        let series = json!([{"id": "A", "event": null, "measure": {"type": measure}}]);
        not_in_this_version(&with("/series", series), "series[0].measure.type");
    }
    for op in super::filter::UNSUPPORTED_OPERATORS {
        let filter = json!({"property": "p", "op": op, "values": []});
        not_in_this_version(&with("/filter", filter), "filter.op");
    }
    let ci = json!({"property": "p", "op": "is", "values": ["a"], "ci": true});
    not_in_this_version(&with("/filter", ci), "filter.ci");
    let cohort = json!({"or": [{"cohort": "c", "op": "in"}]});
    not_in_this_version(&with("/filter", cohort), "filter.or[0].cohort");
    let user = json!({"property": "p", "of": "user", "op": "set"});
    not_in_this_version(&with("/filter", user), "filter.of");
    let breakdown = |value: Value| with("/breakdown", json!([value]));
    let user = json!({"property": "p", "of": "user"});
    not_in_this_version(&breakdown(user), "breakdown[0].of");
    let buckets = json!({"property": "p", "buckets": "auto"});
    not_in_this_version(&breakdown(buckets), "breakdown[0].buckets");
    not_in_this_version(
        &breakdown(json!({"cohorts": ["c"]})),
        "breakdown[0].cohorts",
    );
    let two = json!([{"property": "p"}, {"property": "q"}]);
    not_in_this_version(&with("/breakdown", two), "breakdown[1]");
}
