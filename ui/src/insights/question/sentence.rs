//! The question as a sentence.

use empmix_query::report::OperatorValues;

use super::{
    builder::{Builder, MeasureDraft, SeriesDraft},
    report::series_id,
};
use crate::{
    report::{EVENT_PROPERTY, FilterDraft, names},
    text,
};

/// The label of a measure: `unique users`, `sum of lines_added`.
pub fn measure_label(measure: &MeasureDraft) -> String {
    text!(
        "insights-measure",
        measure = measure_name(measure),
        property = measure.property().unwrap_or("…"),
    )
}

/// The label of a series in a legend: `Commit, unique users`.
pub fn series_label(series: &SeriesDraft) -> String {
    let event = series.event.clone();
    let event = event.unwrap_or_else(|| text!("insights-all-events"));
    text!(
        "insights-series-label",
        event = event,
        measure = measure_label(&series.measure)
    )
}

/// Explains how the answer is computed, for the first series, with a note about a common surprise.
pub fn sentence(builder: &Builder) -> String {
    let Some(series) = builder.series.first() else {
        return String::new();
    };
    let shared = &builder.shared;
    let filters = shared.filters.iter().chain(&series.filters);
    let conditions = filters.filter(|filter| filter.is_complete());
    let conditions = conditions
        .map(condition)
        .reduce(|all, next| text!("insights-and", first = all, second = next));
    let property = series.measure.property().map(str::to_owned);
    let breakdown = match shared.breakdown.as_deref() {
        None => "none",
        Some(EVENT_PROPERTY) => "event",
        Some(_) => "property",
    };
    text!(
        "insights-sentence",
        measure = measure_name(&series.measure),
        property = property.unwrap_or_else(|| text!("insights-a-property")),
        events = series.event.as_ref().map_or("all", |_| "named"),
        event = series.event.as_deref().unwrap_or_default(),
        width = shared.granularity.name(),
        breakdown = breakdown,
        by = shared.breakdown.as_deref().unwrap_or_default(),
        filtered = conditions.as_ref().map_or("no", |_| "yes"),
        conditions = conditions.unwrap_or_default(),
        series = builder.series.len(),
        last = series_id(builder.series.len() - 1),
    )
}

/// The name by which texts choose their variant for a measure.
fn measure_name(measure: &MeasureDraft) -> &'static str {
    match measure {
        MeasureDraft::Total => "total",
        MeasureDraft::Unique => "unique",
        MeasureDraft::Sum(_) => "sum",
        MeasureDraft::Average(_) => "average",
    }
}

/// A filter as a part of the sentence: `repo is egui or axum`.
fn condition(filter: &FilterDraft) -> String {
    let property = if filter.property == EVENT_PROPERTY {
        text!("insights-condition-event")
    } else {
        filter.property.clone()
    };
    let values = if filter.operator.values() != OperatorValues::None {
        names::alone(&filter.values)
    } else {
        Vec::new()
    };
    let values = values.into_iter();
    let values = values.reduce(|all, next| text!("insights-or", first = all, second = next));
    text!(
        "insights-condition",
        operator = filter.operator.name(),
        property = property,
        values = values.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use empmix_query::report::Operator;
    use serde_json::json;

    use super::*;
    use crate::insights::answer::tests::builder;

    #[test]
    fn the_first_screen_as_a_sentence() {
        assert_eq!(
            sentence(&builder()),
            "Distinct users with at least one event in each week. The headline counts a user once \
             over the whole range."
        );
    }

    #[test]
    fn the_sentence_names_breakdown_and_filters() {
        let mut builder = builder();
        builder.series[0].event = Some("Commit".to_owned());
        builder.series[0].measure = MeasureDraft::Sum(Some("lines".to_owned()));
        builder.shared.breakdown = Some(EVENT_PROPERTY.to_owned());
        builder.shared.filters.push(FilterDraft {
            property: "n".to_owned(),
            operator: Operator::IsNot,
            values: vec![json!(1.0), json!("x")],
        });
        builder.series.push(SeriesDraft::default());
        assert_eq!(
            sentence(&builder),
            "The sum of lines over all Commit events in each week, by the event's name, where n is \
             not 1 or x. Events without a numeric value are left out. Series B is computed the same \
             way."
        );
    }

    #[test]
    fn the_sentence_has_a_variant_for_each_measure() {
        let mut builder = builder();
        builder.series[0].event = Some("Commit".to_owned());
        builder.shared.breakdown = Some("repo".to_owned());
        for (property, operator) in [(EVENT_PROPERTY, Operator::Is), ("bot", Operator::NotSet)] {
            builder.shared.filters.push(FilterDraft {
                property: property.to_owned(),
                operator,
                values: vec![json!("a")],
            });
        }
        assert_eq!(
            sentence(&builder),
            "Distinct users with at least one Commit event in each week, by the event's repo, where \
             event is a and bot is not set. A user with two values counts in both."
        );
        builder.series = vec![SeriesDraft::default(); 3];
        builder.series[0].measure = MeasureDraft::Total;
        builder.shared.filters.clear();
        assert_eq!(
            sentence(&builder),
            "All events in each week, by the event's repo. Each event counts once, in the bucket of \
             its own time. Series B to C are computed the same way."
        );
        builder.series = vec![SeriesDraft::default()];
        builder.series[0].measure = MeasureDraft::Average(None);
        builder.shared.breakdown = None;
        assert_eq!(
            sentence(&builder),
            "The mean of a property over all events in each week. Events without a numeric value are \
             left out."
        );
    }
}
