//! The changes that the query panel makes.

use empmix_query::report::{Granularity, Operator};
use jiff::civil::Date;
use serde_json::Value;

use super::{
    builder::{Builder, FilterDraft, MAX_SERIES, MeasureDraft, SeriesDraft},
    catalog::Catalog,
    operator::{operators, takes_many, takes_values, value_kind},
    range::RangeChoice,
};

/// What a filter applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterScope {
    /// All events of the report.
    Report,
    /// The events of one series.
    Series(usize),
}

/// A change of the question.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Adds a series.
    AddSeries,
    /// Removes a series.
    RemoveSeries(usize),
    /// Adds a copy of a series after it.
    DuplicateSeries(usize),
    /// Sets the event of a series; `None` is every event.
    Event(usize, Option<String>),
    /// Sets the measure of a series.
    Measure(usize, MeasureDraft),
    /// Adds a filter on a property.
    AddFilter(FilterScope, String),
    /// Sets the property of a filter, and resets its comparison and values.
    Property(FilterScope, usize, String),
    /// Removes a filter.
    RemoveFilter(FilterScope, usize),
    /// Sets the comparison of a filter.
    Operator(FilterScope, usize, Operator),
    /// Adds a value to a filter or removes it; a comparison with one value replaces it.
    Value(FilterScope, usize, Value),
    /// Sets the property of the breakdown, or removes it.
    Breakdown(Option<String>),
    /// Sets the range, and a bucket width that suits it.
    Range(RangeChoice),
    /// Sets the bucket width.
    Granularity(Granularity),
}

/// Applies a change. `catalog` has the types of properties; ranges are relative to `today`.
pub fn apply(builder: &mut Builder, edit: Edit, catalog: &Catalog, today: Date) {
    match edit {
        Edit::AddSeries if builder.series.len() < MAX_SERIES => {
            builder.series.push(SeriesDraft::default());
        }
        Edit::DuplicateSeries(index) if builder.series.len() < MAX_SERIES => {
            if let Some(series) = builder.series.get(index).cloned() {
                builder.series.insert(index + 1, series);
            }
        }
        Edit::AddSeries | Edit::DuplicateSeries(_) => {}
        Edit::RemoveSeries(index) => {
            if builder.series.len() > 1 && index < builder.series.len() {
                builder.series.remove(index);
            }
        }
        Edit::Event(index, event) => {
            if let Some(series) = builder.series.get_mut(index) {
                series.event = event;
            }
        }
        Edit::Measure(index, measure) => {
            if let Some(series) = builder.series.get_mut(index) {
                series.measure = measure;
            }
        }
        Edit::Breakdown(property) => builder.breakdown = property,
        Edit::Range(range) => {
            builder.range = range;
            builder.granularity = range.granularity(today);
        }
        Edit::Granularity(width) => builder.granularity = width,
        filter => apply_to_filters(builder, filter, catalog),
    }
}

fn apply_to_filters(builder: &mut Builder, edit: Edit, catalog: &Catalog) {
    match edit {
        Edit::AddFilter(scope, property) => {
            if let Some(filters) = filters_mut(builder, scope) {
                filters.push(fresh_filter(property, catalog));
            }
        }
        Edit::Property(scope, index, property) => {
            if let Some(filter) = filter_mut(builder, scope, index) {
                *filter = fresh_filter(property, catalog);
            }
        }
        Edit::RemoveFilter(scope, index) => {
            if let Some(filters) = filters_mut(builder, scope).filter(|list| index < list.len()) {
                filters.remove(index);
            }
        }
        Edit::Operator(scope, index, operator) => {
            if let Some(filter) = filter_mut(builder, scope, index) {
                keep_fitting_values(filter, operator);
                filter.operator = operator;
            }
        }
        Edit::Value(scope, index, value) => {
            if let Some(filter) = filter_mut(builder, scope, index) {
                toggle_value(filter, value);
            }
        }
        _ => {}
    }
}

fn fresh_filter(property: String, catalog: &Catalog) -> FilterDraft {
    let usual = operators(catalog.property(&property)).first();
    FilterDraft {
        operator: usual.copied().unwrap_or(Operator::Is),
        property,
        values: Vec::new(),
    }
}

/// Drops the values that the new comparison cannot take.
fn keep_fitting_values(filter: &mut FilterDraft, next: Operator) {
    use super::ValueKind;
    if !takes_values(next) {
        filter.values.clear();
    }
    match value_kind(next) {
        ValueKind::Text => filter.values.retain(Value::is_string),
        ValueKind::Number => filter.values.retain(Value::is_number),
        ValueKind::Any => {}
    }
    if !takes_many(next) {
        filter.values.truncate(1);
    }
}

fn toggle_value(filter: &mut FilterDraft, value: Value) {
    if !takes_many(filter.operator) {
        filter.values = vec![value];
    } else if let Some(at) = filter.values.iter().position(|chosen| *chosen == value) {
        filter.values.remove(at);
    } else {
        filter.values.push(value);
    }
}

fn filters_mut(builder: &mut Builder, scope: FilterScope) -> Option<&mut Vec<FilterDraft>> {
    match scope {
        FilterScope::Report => Some(&mut builder.filters),
        FilterScope::Series(index) => builder
            .series
            .get_mut(index)
            .map(|series| &mut series.filters),
    }
}

fn filter_mut(builder: &mut Builder, scope: FilterScope, index: usize) -> Option<&mut FilterDraft> {
    filters_mut(builder, scope)?.get_mut(index)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn edited(edits: Vec<Edit>) -> Builder {
        let range = RangeChoice::PRESETS[1];
        let mut builder = Builder::first(range, Granularity::Day);
        for edit in edits {
            apply(&mut builder, edit, &Catalog::default(), date(2026, 11, 24));
        }
        builder
    }

    #[test]
    fn the_last_series_stays_and_there_are_at_most_ten() {
        let builder = edited(vec![Edit::RemoveSeries(0)]);
        assert_eq!(builder.series.len(), 1);
        let builder = edited(vec![Edit::AddSeries; 20]);
        assert_eq!(builder.series.len(), MAX_SERIES);
    }

    #[test]
    fn a_value_is_added_and_removed() {
        let scope = FilterScope::Report;
        let value = |v| Edit::Value(scope, 0, json!(v));
        let builder = edited(vec![
            Edit::AddFilter(scope, "repo".into()),
            value("a"),
            value("b"),
            value("a"),
        ]);
        assert_eq!(builder.filters[0].values, [json!("b")]);
    }

    #[test]
    fn a_comparison_keeps_the_values_that_it_can_take() {
        let scope = FilterScope::Series(0);
        let builder = edited(vec![
            Edit::AddFilter(scope, "lines".into()),
            Edit::Value(scope, 0, json!("x")),
            Edit::Value(scope, 0, json!(3.0)),
            Edit::Operator(scope, 0, Operator::Gt),
        ]);
        assert_eq!(builder.series[0].filters[0].values, [json!(3.0)]);
        assert!(builder.series[0].filters[0].is_complete());
    }

    #[test]
    fn a_new_range_sets_a_suitable_bucket_width() {
        let builder = edited(vec![Edit::Range(RangeChoice::PRESETS[3])]);
        assert_eq!(builder.granularity, Granularity::Week);
    }
}
