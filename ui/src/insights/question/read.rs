//! Makes a question from a report, as a link has one.

use empmix_query::report::{
    Breakdown, DEFAULT_LIMIT, EventSelector, Filter, Measure, PropertyRef, Report, Series,
};

use super::builder::{Builder, MeasureDraft, SeriesDraft};
use crate::report::{FilterDraft, RangeChoice, Shared};

/// The question of a report; `None` where the query panel has no controls for a part of it.
pub(super) fn read(report: &Report) -> Option<Builder> {
    let Report::Insights(insights) = report;
    if insights.limit != DEFAULT_LIMIT || insights.now.is_some() {
        return None;
    }
    let breakdown = match insights.breakdown.as_slice() {
        [] => None,
        [Breakdown { property }] => Some(name(property)?),
        _ => return None,
    };
    let series: Option<Vec<SeriesDraft>> = insights.series.iter().map(series).collect();
    Some(Builder {
        series: series?,
        shared: Shared {
            filters: filters(insights.filter.as_ref())?,
            breakdown,
            range: RangeChoice::of_report(&insights.range),
            granularity: insights.granularity,
        },
    })
}

fn series(series: &Series) -> Option<SeriesDraft> {
    Some(SeriesDraft {
        event: match &series.event {
            EventSelector::All => None,
            EventSelector::Named(name) => Some(name.clone()),
            EventSelector::AnyOf(_) => return None,
        },
        measure: match &series.measure {
            Measure::Total => MeasureDraft::Total,
            Measure::Unique => MeasureDraft::Unique,
            Measure::Sum(property) => MeasureDraft::Sum(Some(name(property)?)),
            Measure::Avg(property) => MeasureDraft::Average(Some(name(property)?)),
        },
        filters: filters(series.filter.as_ref())?,
    })
}

fn filters(filter: Option<&Filter>) -> Option<Vec<FilterDraft>> {
    let draft = |filter: &Filter| match filter {
        Filter::Condition(condition) => Some(FilterDraft {
            property: name(&condition.property)?,
            operator: condition.op,
            values: condition.values.clone(),
        }),
        _ => None,
    };
    match filter {
        None => Some(Vec::new()),
        Some(Filter::And { and }) => and.iter().map(draft).collect(),
        Some(condition) => Some(vec![draft(condition)?]),
    }
}

fn name(property: &PropertyRef) -> Option<String> {
    property.cast.is_none().then(|| property.property.clone())
}

#[cfg(test)]
mod tests {
    use empmix_query::report::Operator;
    use serde_json::json;

    use super::*;
    use crate::{insights::answer::tests::builder, report::Question as _};

    #[test]
    fn a_question_is_read_from_its_report() {
        let mut builder = builder();
        builder.shared.breakdown = Some("repo".to_owned());
        builder.shared.filters.push(FilterDraft {
            property: "bot".to_owned(),
            operator: Operator::IsNot,
            values: vec![json!(true)],
        });
        builder.series.push(SeriesDraft {
            event: Some("Commit".to_owned()),
            measure: MeasureDraft::Sum(Some("lines".to_owned())),
            filters: builder.shared.filters.clone(),
        });
        assert_eq!(read(&builder.report().unwrap()), Some(builder));
    }

    #[test]
    fn a_report_that_has_no_controls_is_not_read() {
        let plain = json!({
            "kind": "insights",
            "range": {"last": 7, "unit": "day"},
            "granularity": "day",
            "series": [{"id": "A", "event": "a", "measure": {"type": "total"}}],
        });
        let read = |report: &serde_json::Value| read(&empmix_query::parse(report).unwrap());
        assert!(read(&plain).is_some());
        for (part, other) in [
            ("/series/0/event", json!(["a", "b"])),
            ("/limit", json!(3)),
            ("/now", json!(1_780_000_000_000_i64)),
        ] {
            let mut report = plain.clone();
            match report.pointer_mut(part) {
                Some(known) => *known = other,
                None => report[&part[1..]] = other,
            }
            assert_eq!(read(&report), None, "{part}");
        }
    }
}
