//! The comparisons that the console offers, by the type of a property.

use empmix_query::report::Operator;
use serde_json::Value;

use crate::{report::PropertyInfo, texts::Key};

/// The type of a comparison's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// Text; typed input is text too.
    Text,
    /// A number.
    Number,
    /// Any type; typed input takes the property's type.
    Any,
}

/// The comparisons that make sense for a property, the default one first.
pub(crate) fn operators(property: Option<&PropertyInfo>) -> &'static [Operator] {
    use Operator::{Contains, Eq, Gt, Is, IsNot, Lt, NotSet, Set};
    let Some(property) = property else {
        return &[Is, IsNot, Contains, Set, NotSet, Eq, Gt, Lt];
    };
    match property.only_type() {
        Some("number") => &[Eq, IsNot, Gt, Lt, Set, NotSet],
        Some("boolean") => &[Is, IsNot, Set, NotSet],
        Some("string") => &[Is, IsNot, Contains, Set, NotSet],
        _ => &[Is, IsNot, Contains, Eq, Gt, Lt, Set, NotSet],
    }
}

/// The text of a comparison between a property and a value.
pub(crate) fn operator_label(operator: Operator) -> Key {
    match operator {
        Operator::Is => Key("report-operator-is"),
        Operator::IsNot => Key("report-operator-is-not"),
        Operator::Contains => Key("report-operator-contains"),
        Operator::Set => Key("report-operator-set"),
        Operator::NotSet => Key("report-operator-not-set"),
        Operator::Eq => Key("report-operator-eq"),
        Operator::Gt => Key("report-operator-gt"),
        Operator::Lt => Key("report-operator-lt"),
    }
}

/// The name by which texts choose their variant for a comparison.
pub(crate) fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Is => "is",
        Operator::IsNot => "is-not",
        Operator::Contains => "contains",
        Operator::Set => "set",
        Operator::NotSet => "not-set",
        Operator::Eq => "eq",
        Operator::Gt => "gt",
        Operator::Lt => "lt",
    }
}

/// Whether a comparison takes values.
pub(crate) fn takes_values(operator: Operator) -> bool {
    !matches!(operator, Operator::Set | Operator::NotSet)
}

/// Whether a comparison takes several alternative values.
pub(crate) fn takes_many(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Is | Operator::IsNot | Operator::Contains
    )
}

/// The type of an operator's values.
pub(crate) fn value_kind(operator: Operator) -> ValueKind {
    match operator {
        Operator::Contains => ValueKind::Text,
        Operator::Eq | Operator::Gt | Operator::Lt => ValueKind::Number,
        _ => ValueKind::Any,
    }
}

/// Reads typed text as a value; `None` when the comparison cannot take it.
pub(crate) fn value_from_text(
    text: &str,
    operator: Operator,
    property: Option<&PropertyInfo>,
) -> Option<Value> {
    let number = || {
        let text = text.trim();
        // Whole numbers stay integers, as the sidecar writes them, so that equal values compare equal.
        if let Ok(whole) = text.parse::<i64>() {
            return Some(Value::from(whole));
        }
        serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number)
    };
    match value_kind(operator) {
        ValueKind::Text => Some(Value::String(text.to_owned())),
        ValueKind::Number => number(),
        ValueKind::Any => match property.and_then(PropertyInfo::only_type) {
            Some("number") => number(),
            Some("boolean") => text.trim().parse().ok().map(Value::Bool),
            _ => Some(Value::String(text.to_owned())),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn property(types: &[&str]) -> PropertyInfo {
        PropertyInfo {
            name: "p".to_owned(),
            types: types.iter().map(|name| (*name).to_owned()).collect(),
            count: 1,
            top_values: Vec::new(),
        }
    }

    #[test]
    fn a_typed_text_takes_the_type_of_the_property() {
        let (number, text, flag) = (
            property(&["number"]),
            property(&["string"]),
            property(&["boolean"]),
        );
        assert_eq!(
            value_from_text("5", Operator::Is, Some(&text)),
            Some(json!("5"))
        );
        assert_eq!(
            value_from_text("5", Operator::IsNot, Some(&number)),
            Some(json!(5))
        );
        assert_eq!(
            value_from_text("true", Operator::Is, Some(&flag)),
            Some(json!(true))
        );
        assert_eq!(value_from_text("many", Operator::Gt, Some(&text)), None);
        assert_eq!(
            value_from_text("5", Operator::Contains, Some(&number)),
            Some(json!("5"))
        );
    }

    #[test]
    fn the_default_comparison_comes_first() {
        assert_eq!(operators(Some(&property(&["number"])))[0], Operator::Eq);
        assert_eq!(operators(Some(&property(&["string"])))[0], Operator::Is);
        assert!(!operators(Some(&property(&["boolean"]))).contains(&Operator::Gt));
        assert!(operators(Some(&property(&["number", "string"]))).contains(&Operator::Contains));
    }
}
