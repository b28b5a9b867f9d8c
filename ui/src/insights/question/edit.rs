//! Every change that the query panel can make.

use empmix_query::report::{Granularity, Operator};
use jiff::civil::Date;
use serde_json::Value;

use super::{
    builder::{Builder, FilterDraft, MAX_SERIES, MeasureDraft, SeriesDraft},
    catalog::Catalog,
    operator::{operators, takes_many, takes_values, value_kind},
    range::RangeChoice,
};

/// Where a filter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// It selects what the whole report sees.
    Report,
    /// It narrows one series.
    Series(usize),
}

/// A change of the question.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// One more series.
    AddSeries,
    /// One series less.
    RemoveSeries(usize),
    /// The same series once more.
    DuplicateSeries(usize),
    /// Another event; `None` is every event.
    Event(usize, Option<String>),
    /// Another measure.
    Measure(usize, MeasureDraft),
    /// A filter on a property.
    AddFilter(Place, String),
    /// A filter looks at another property; its comparison and values start anew.
    Property(Place, usize, String),
    /// One filter less.
    RemoveFilter(Place, usize),
    /// Another comparison.
    Operator(Place, usize, Operator),
    /// A value is chosen, or no longer; where only one may be, it replaces the other.
    Value(Place, usize, Value),
    /// Splits by another property, or by none.
    Breakdown(Option<String>),
    /// Another time.
    Range(RangeChoice),
    /// Another width of a bucket.
    Granularity(Granularity),
}

/// Makes a change. `catalog` says what a property holds, `today` what a range covers.
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
        Edit::AddFilter(place, property) => {
            if let Some(filters) = filters_mut(builder, place) {
                filters.push(fresh_filter(property, catalog));
            }
        }
        Edit::Property(place, index, property) => {
            if let Some(filter) = filter_mut(builder, place, index) {
                *filter = fresh_filter(property, catalog);
            }
        }
        Edit::RemoveFilter(place, index) => {
            if let Some(filters) = filters_mut(builder, place).filter(|list| index < list.len()) {
                filters.remove(index);
            }
        }
        Edit::Operator(place, index, operator) => {
            if let Some(filter) = filter_mut(builder, place, index) {
                keep_fitting_values(filter, operator);
                filter.operator = operator;
            }
        }
        Edit::Value(place, index, value) => {
            if let Some(filter) = filter_mut(builder, place, index) {
                choose(filter, value);
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

/// Values that the next comparison cannot take are dropped.
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

fn choose(filter: &mut FilterDraft, value: Value) {
    if !takes_many(filter.operator) {
        filter.values = vec![value];
    } else if let Some(at) = filter.values.iter().position(|chosen| *chosen == value) {
        filter.values.remove(at);
    } else {
        filter.values.push(value);
    }
}

fn filters_mut(builder: &mut Builder, place: Place) -> Option<&mut Vec<FilterDraft>> {
    match place {
        Place::Report => Some(&mut builder.filters),
        Place::Series(index) => builder
            .series
            .get_mut(index)
            .map(|series| &mut series.filters),
    }
}

fn filter_mut(builder: &mut Builder, place: Place, index: usize) -> Option<&mut FilterDraft> {
    filters_mut(builder, place)?.get_mut(index)
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
    fn a_value_is_chosen_and_given_up() {
        let place = Place::Report;
        let value = |v| Edit::Value(place, 0, json!(v));
        let builder = edited(vec![
            Edit::AddFilter(place, "repo".into()),
            value("a"),
            value("b"),
            value("a"),
        ]);
        assert_eq!(builder.filters[0].values, [json!("b")]);
    }

    #[test]
    fn a_comparison_keeps_the_values_that_it_can_take() {
        let place = Place::Series(0);
        let builder = edited(vec![
            Edit::AddFilter(place, "lines".into()),
            Edit::Value(place, 0, json!("x")),
            Edit::Value(place, 0, json!(3.0)),
            Edit::Operator(place, 0, Operator::Gt),
        ]);
        assert_eq!(builder.series[0].filters[0].values, [json!(3.0)]);
        assert!(builder.series[0].filters[0].is_complete());
    }

    #[test]
    fn another_range_brings_the_width_that_suits_it() {
        let builder = edited(vec![Edit::Range(RangeChoice::PRESETS[3])]);
        assert_eq!(builder.granularity, Granularity::Week);
    }
}
