//! The question as an English sentence.

use super::{
    builder::{Builder, MeasureDraft, SeriesDraft},
    report::series_id,
};
use crate::report::{
    EVENT_PROPERTY, FilterDraft,
    filters::{operator_label, takes_values},
    granularity_word, names,
};

/// The label of a measure: `unique users`, `sum of lines_added`.
pub fn measure_label(measure: &MeasureDraft) -> String {
    let name = measure.property().unwrap_or("…");
    match measure {
        MeasureDraft::Total => "total events".to_owned(),
        MeasureDraft::Unique => "unique users".to_owned(),
        MeasureDraft::Sum(_) => format!("sum of {name}"),
        MeasureDraft::Average(_) => format!("average of {name}"),
    }
}

/// The label of a series in a legend: `Commit, unique users`.
pub fn series_label(series: &SeriesDraft) -> String {
    let event = series.event.as_deref().unwrap_or("All events");
    format!("{event}, {}", measure_label(&series.measure))
}

/// Explains how the answer is computed, for the first series, with a note about a common surprise.
pub fn sentence(builder: &Builder) -> String {
    let Some(series) = builder.series.first() else {
        return String::new();
    };
    let width = granularity_word(builder.shared.granularity);
    let event = match &series.event {
        Some(name) => format!("{name} event"),
        None => "event".to_owned(),
    };
    let mut text = match &series.measure {
        MeasureDraft::Unique => {
            format!("Distinct users with at least one {event} in each {width}")
        }
        MeasureDraft::Total => format!("All {event}s in each {width}"),
        MeasureDraft::Sum(name) => {
            format!(
                "The sum of {} over all {event}s in each {width}",
                named(name)
            )
        }
        MeasureDraft::Average(name) => {
            format!(
                "The mean of {} over all {event}s in each {width}",
                named(name)
            )
        }
    };
    if let Some(name) = &builder.shared.breakdown {
        text.push_str(&format!(", by {}", property_phrase(name)));
    }
    let conditions: Vec<String> = builder
        .shared
        .filters
        .iter()
        .chain(&series.filters)
        .filter(|filter| filter.is_complete())
        .map(condition_phrase)
        .collect();
    if !conditions.is_empty() {
        text.push_str(&format!(", where {}", conditions.join(" and ")));
    }
    text.push_str(". ");
    text.push_str(note(builder, series));
    if builder.series.len() > 1 {
        let last = series_id(builder.series.len() - 1);
        let others = match builder.series.len() {
            2 => " Series B is computed the same way.".to_owned(),
            _ => format!(" Series B to {last} are computed the same way."),
        };
        text.push_str(&others);
    }
    text
}

fn named(property: &Option<String>) -> &str {
    property.as_deref().unwrap_or("a property")
}

fn property_phrase(name: &str) -> String {
    if name == EVENT_PROPERTY {
        return "the event's name".to_owned();
    }
    format!("the event's {name}")
}

fn condition_phrase(filter: &FilterDraft) -> String {
    let name = if filter.property == EVENT_PROPERTY {
        "event"
    } else {
        &filter.property
    };
    let operator = operator_label(filter.operator);
    if !takes_values(filter.operator) {
        return format!("{name} {operator}");
    }
    let values = names::of_values(&filter.values);
    format!("{name} {operator} {}", values.join(" or "))
}

fn note(builder: &Builder, series: &SeriesDraft) -> &'static str {
    match (&series.measure, &builder.shared.breakdown) {
        (MeasureDraft::Unique, Some(_)) => "A user with two values counts in both.",
        (MeasureDraft::Unique, None) => "The headline counts a user once over the whole range.",
        (MeasureDraft::Total, _) => "Each event counts once, in the bucket of its own time.",
        _ => "Events without a numeric value are left out.",
    }
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
}
