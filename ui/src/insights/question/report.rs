//! Makes a report from a question.

use empmix_query::report::{
    Breakdown, DEFAULT_LIMIT, EventSelector, Insights, Measure, Report, Series,
};

use super::builder::{Builder, MeasureDraft, SeriesDraft};
use crate::report::filters::{filter, property};

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
        range: builder.shared.range.report(),
        granularity: builder.shared.granularity,
        series,
        filter: filter(&builder.shared.filters),
        breakdown: builder
            .shared
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

#[cfg(test)]
mod tests {
    use empmix_query::report::Operator;
    use serde_json::{Value, json};

    use super::*;
    use crate::report::FilterDraft;

    fn builder() -> Builder {
        let mut builder = crate::insights::answer::tests::builder();
        builder.shared.breakdown = Some("repo".to_owned());
        builder.shared.filters.push(FilterDraft {
            property: "bot".to_owned(),
            operator: Operator::IsNot,
            values: vec![json!(true)],
        });
        builder.shared.filters.push(FilterDraft {
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

    fn report_json(report: &Report) -> Value {
        serde_json::to_value(report).unwrap()
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
    fn a_series_keeps_its_letter_when_an_earlier_one_is_incomplete() {
        let mut builder = builder();
        builder.series.swap(0, 1);
        let json = report_json(&report(&builder).unwrap());
        assert_eq!(json["series"][0]["id"], "B");
        builder.series.pop();
        assert_eq!(report(&builder), None);
    }
}
