//! The comparisons that the console offers, by the type of a property.

use empmix_query::report::{Operator, OperatorValues};
use serde_json::Value;

use crate::{report::PropertyInfo, texts::Key};

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

/// Whether a comparison takes several alternative values.
pub(crate) fn takes_many(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Is | Operator::IsNot | Operator::Contains
    )
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
    match operator.values() {
        OperatorValues::None => None,
        OperatorValues::Texts => Some(Value::String(text.to_owned())),
        OperatorValues::Numbers => number(),
        OperatorValues::Scalars => match property.and_then(PropertyInfo::only_type) {
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
