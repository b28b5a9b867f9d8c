//! Filters: what they hold while they are edited, and their rows.

mod operator;
mod row;

use empmix_query::report::{Condition, Filter, Operator, OperatorValues, PropertyRef};
use serde_json::Value;

pub(crate) use operator::{operator_label, operators, takes_many, value_from_text};
pub(crate) use row::{add, open_add_filter, properties, property_list, show_all};

use super::{Catalog, names};
use crate::text;

/// One condition; its values may still be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterDraft {
    /// The property.
    pub property: String,
    /// The comparison.
    pub operator: Operator,
    /// The values that the property is compared with.
    pub values: Vec<Value>,
}

/// What a filter applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterScope {
    /// All events of the report.
    Report,
    /// The events of one series or step, by its place.
    Part(usize),
}

/// A change of the filters of one scope. Numbers are places in their list.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterEdit {
    /// Adds a filter on a property.
    Add(String),
    /// Sets the property of a filter, and resets its comparison and values.
    Property(usize, String),
    /// Removes a filter.
    Remove(usize),
    /// Sets the comparison of a filter.
    Operator(usize, Operator),
    /// Adds a value to a filter or removes it; a comparison with one value replaces it.
    Value(usize, Value),
}

impl FilterDraft {
    fn new(property: String, catalog: &Catalog) -> Self {
        let usual = operators(catalog.property(&property)).first();
        Self {
            operator: usual.copied().unwrap_or(Operator::Is),
            property,
            values: Vec::new(),
        }
    }

    /// Whether it can be part of a report: it has values, or needs none.
    pub fn is_complete(&self) -> bool {
        self.operator.values() == OperatorValues::None || !self.values.is_empty()
    }

    /// Its values as text, or an invitation to choose some.
    pub fn values_label(&self) -> String {
        match names::alone(&self.values).as_slice() {
            [] => text!("report-filter-choose"),
            texts => names::list(texts),
        }
    }

    fn condition(&self) -> Filter {
        Filter::Condition(Condition {
            property: property(&self.property),
            op: self.operator,
            values: self.values.clone(),
        })
    }

    /// Drops the values that the new comparison cannot take.
    fn compare_by(&mut self, operator: Operator) {
        self.values.retain(|value| operator.values().admit(value));
        if !takes_many(operator) {
            self.values.truncate(1);
        }
        self.operator = operator;
    }

    fn toggle(&mut self, value: Value) {
        if !takes_many(self.operator) {
            self.values = vec![value];
        } else if let Some(at) = self.values.iter().position(|chosen| *chosen == value) {
            self.values.remove(at);
        } else {
            self.values.push(value);
        }
    }
}

/// Applies a change. `catalog` has the types of properties.
pub(crate) fn apply(filters: &mut Vec<FilterDraft>, edit: FilterEdit, catalog: &Catalog) {
    match edit {
        FilterEdit::Add(property) => filters.push(FilterDraft::new(property, catalog)),
        FilterEdit::Remove(index) if index < filters.len() => {
            filters.remove(index);
        }
        FilterEdit::Remove(_) => {}
        FilterEdit::Property(index, property) => {
            if let Some(filter) = filters.get_mut(index) {
                *filter = FilterDraft::new(property, catalog);
            }
        }
        FilterEdit::Operator(index, operator) => {
            if let Some(filter) = filters.get_mut(index) {
                filter.compare_by(operator);
            }
        }
        FilterEdit::Value(index, value) => {
            if let Some(filter) = filters.get_mut(index) {
                filter.toggle(value);
            }
        }
    }
}

/// The filter of a report; incomplete ones are left out.
pub(crate) fn filter(drafts: &[FilterDraft]) -> Option<Filter> {
    let complete = drafts.iter().filter(|draft| draft.is_complete());
    let conditions: Vec<Filter> = complete.map(FilterDraft::condition).collect();
    (!conditions.is_empty()).then_some(Filter::And { and: conditions })
}

/// A property of events, as a report names it.
pub(crate) fn property(name: &str) -> PropertyRef {
    PropertyRef {
        property: name.to_owned(),
        cast: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edited(edits: Vec<FilterEdit>) -> Vec<FilterDraft> {
        let mut filters = Vec::new();
        for edit in edits {
            apply(&mut filters, edit, &Catalog::default());
        }
        filters
    }

    #[test]
    fn a_value_is_added_and_removed() {
        let value = |value| FilterEdit::Value(0, json!(value));
        let filters = edited(vec![
            FilterEdit::Add("repo".into()),
            value("a"),
            value("b"),
            value("a"),
        ]);
        assert_eq!(filters[0].values, [json!("b")]);
    }

    #[test]
    fn a_comparison_keeps_the_values_that_it_can_take() {
        let filters = edited(vec![
            FilterEdit::Add("lines".into()),
            FilterEdit::Value(0, json!("x")),
            FilterEdit::Value(0, json!(3.0)),
            FilterEdit::Operator(0, Operator::Gt),
        ]);
        assert_eq!(filters[0].values, [json!(3.0)]);
        assert!(filters[0].is_complete());
    }

    #[test]
    fn a_change_of_a_filter_that_is_gone_changes_nothing() {
        let gone = edited(vec![
            FilterEdit::Remove(0),
            FilterEdit::Value(3, json!(1)),
            FilterEdit::Property(1, "p".into()),
        ]);
        assert_eq!(gone, []);
    }
}
