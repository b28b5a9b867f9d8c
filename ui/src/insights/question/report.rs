//! Makes a report from a question.

use empmix_query::report::{
    Breakdown, Condition, DEFAULT_LIMIT, EventSelector, Filter, Granularity, Insights, Measure,
    PropertyRef, Report, Series,
};
use serde_json::Value;

use super::builder::{Builder, FilterDraft, MeasureDraft, SeriesDraft};

/// The report of a question, or `None` while no series is complete. Incomplete series and filters
/// are left out.
pub fn report(builder: &Builder) -> Option<Report> {
    let series: Vec<Series> = builder
        .series
        .iter()
        .enumerate()
        .filter_map(|(index, draft)| series(index, draft))
        .collect();
    if series.is_empty() {
        return None;
    }
    Some(Report::Insights(Insights {
        range: builder.range.report(),
        granularity: builder.granularity,
        series,
        filter: filter(&builder.filters),
        breakdown: builder
            .breakdown
            .iter()
            .map(|name| Breakdown {
                property: property(name),
            })
            .collect(),
        limit: DEFAULT_LIMIT,
        now: None,
    }))
}

/// The report for the headline of a question with a breakdown: distinct users over all segments are
/// not the sum of the segments. `None` without a breakdown.
pub fn overall_report(builder: &Builder) -> Option<Report> {
    builder.breakdown.as_ref()?;
    let whole = Builder {
        breakdown: None,
        granularity: Granularity::Year,
        ..builder.clone()
    };
    report(&whole)
}

/// The report as JSON for the query API.
pub fn report_json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}

/// The id of a series, in a report and on its badge: `A`, `B`, …
pub fn series_id(index: usize) -> String {
    let letter = u8::try_from(index).unwrap_or(25).min(25);
    char::from(b'A' + letter).to_string()
}

fn series(index: usize, draft: &SeriesDraft) -> Option<Series> {
    let measure = match &draft.measure {
        MeasureDraft::Total => Measure::Total,
        MeasureDraft::Unique => Measure::Unique,
        MeasureDraft::Sum(name) => Measure::Sum(property(name.as_ref()?)),
        MeasureDraft::Average(name) => Measure::Avg(property(name.as_ref()?)),
    };
    Some(Series {
        id: series_id(index),
        event: match &draft.event {
            Some(name) => EventSelector::Named(name.clone()),
            None => EventSelector::All,
        },
        filter: filter(&draft.filters),
        measure,
    })
}

fn filter(drafts: &[FilterDraft]) -> Option<Filter> {
    let conditions: Vec<Filter> = drafts
        .iter()
        .filter(|draft| draft.is_complete())
        .map(|draft| {
            Filter::Condition(Condition {
                property: property(&draft.property),
                op: draft.operator,
                values: draft.values.clone(),
            })
        })
        .collect();
    (!conditions.is_empty()).then_some(Filter::And { and: conditions })
}

fn property(name: &str) -> PropertyRef {
    PropertyRef {
        property: name.to_owned(),
        cast: None,
    }
}

#[cfg(test)]
mod tests {
    use empmix_query::report::Operator;
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::insights::question::RangeChoice;

    fn builder() -> Builder {
        let range = RangeChoice::TwelveMonthsTo(date(2026, 8, 22));
        let mut builder = Builder::first(range, Granularity::Week);
        builder.breakdown = Some("repo".to_owned());
        builder.filters.push(FilterDraft {
            property: "bot".to_owned(),
            operator: Operator::IsNot,
            values: vec![json!(true)],
        });
        builder.filters.push(FilterDraft {
            property: "kind".to_owned(),
            operator: Operator::Is,
            values: Vec::new(),
        });
        builder.series.push(SeriesDraft {
            event: Some("Commit".to_owned()),
            measure: MeasureDraft::Sum(None),
            filters: Vec::new(),
        });
        builder
    }

    #[test]
    fn the_json_leaves_out_incomplete_series_and_filters() {
        let json = report_json(&report(&builder()).unwrap());
        let expected = json!({
            "kind": "insights",
            "range": {"from": "2025-08-23", "to": "2026-08-22"},
            "granularity": "week",
            "series": [{"id": "A", "event": null, "measure": {"type": "unique"}}],
            "filter": {"and": [{"property": "bot", "op": "is_not", "values": [true]}]},
            "breakdown": [{"property": "repo"}],
            "limit": 25,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn the_overall_report_exists_only_with_a_breakdown() {
        let mut builder = builder();
        let whole = report_json(&overall_report(&builder).unwrap());
        assert_eq!(whole["granularity"], "year");
        assert_eq!(whole.get("breakdown"), None);
        builder.breakdown = None;
        assert_eq!(overall_report(&builder), None);
    }

    #[test]
    fn a_series_keeps_its_letter_when_an_earlier_one_is_incomplete() {
        let mut builder = builder();
        builder.series.swap(0, 1);
        let json = report_json(&report(&builder).unwrap());
        assert_eq!(json["series"][0]["id"], "B");
        builder.series.pop();
        assert_eq!(report(&builder), None);
    }
}
