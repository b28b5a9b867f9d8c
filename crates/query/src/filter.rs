//! Evaluation of filters on rows.
//!
//! A positive operator accepts a list when it accepts one of its items; items that are lists or
//! objects count as missing. It rejects a missing value and a value of a type that it does not
//! support. Its `values` are alternatives, so without values it rejects everything. A negative
//! operator is exactly the NOT of its positive counterpart, so it accepts rows without the property.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    report::{Cast, Condition, Filter, Operator},
    value::{Row, Scalar, number, read},
};

impl Filter {
    /// Whether a row passes the filter.
    pub fn matches(&self, row: &impl Row) -> bool {
        match self {
            Self::And { and } => and.iter().all(|part| part.matches(row)),
            Self::Or { or } => or.iter().any(|part| part.matches(row)),
            Self::Condition(condition) => {
                let value = row.value(&condition.property.property);
                Matcher::new(condition).accepts(value.as_deref())
            }
        }
    }

    /// All conditions of the filter, in order.
    pub fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::And { and: parts } | Self::Or { or: parts } => {
                parts.iter().flat_map(Self::conditions).collect()
            }
            Self::Condition(condition) => vec![condition],
        }
    }
}

/// A condition prepared for testing many values.
#[derive(Debug, Clone)]
pub struct Matcher {
    test: Test,
    negative: bool,
    cast: Option<Cast>,
}

/// The test that a positive operator applies to a scalar.
#[derive(Debug, Clone)]
enum Test {
    Set,
    Is(Vec<Scalar>),
    Contains(Vec<String>),
    Compare(Vec<f64>, fn(&f64, &f64) -> bool),
}

impl Matcher {
    /// The matcher of a condition.
    pub fn new(condition: &Condition) -> Self {
        let values = &condition.values;
        let numbers = || values.iter().filter_map(number).collect();
        let test = match condition.op {
            Operator::Set | Operator::NotSet => Test::Set,
            Operator::Is | Operator::IsNot => {
                Test::Is(values.iter().filter_map(Scalar::of).collect())
            }
            Operator::Contains => {
                let texts = values.iter().filter_map(Value::as_str);
                Test::Contains(texts.map(str::to_owned).collect())
            }
            Operator::Eq => Test::Compare(numbers(), f64::eq),
            Operator::Gt => Test::Compare(numbers(), f64::gt),
            Operator::Lt => Test::Compare(numbers(), f64::lt),
        };
        Self {
            test,
            negative: condition.op.is_negative(),
            cast: condition.property.cast,
        }
    }

    /// Whether a row with this value passes. The value is the stored one, before any cast; `None` if
    /// it is missing.
    pub fn accepts(&self, value: Option<&Value>) -> bool {
        self.positive(value) != self.negative
    }

    fn positive(&self, value: Option<&Value>) -> bool {
        let value = value.filter(|value| !value.is_null());
        let Some(value) = value.and_then(|value| read(Cow::Borrowed(value), self.cast)) else {
            return false;
        };
        match (&self.test, value.as_ref()) {
            (Test::Set, _) => true,
            (_, Value::Array(items)) => items.iter().any(|item| self.test.accepts(item)),
            (_, value) => self.test.accepts(value),
        }
    }
}

impl Test {
    fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Set => true,
            Self::Is(scalars) => scalars.iter().any(|scalar| scalar.equals(value)),
            Self::Contains(texts) => value
                .as_str()
                .is_some_and(|value| texts.iter().any(|text| value.contains(text.as_str()))),
            Self::Compare(numbers, compare) => number(value)
                .is_some_and(|value| numbers.iter().any(|number| compare(&value, number))),
        }
    }
}

impl Operator {
    /// Whether it is the NOT of a positive operator.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::IsNot | Self::NotSet)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::PropertyRef;

    #[track_caller]
    fn check(op: Operator, values: &Value, cast: Option<Cast>, accepted: &[Value]) {
        let condition = Condition {
            property: PropertyRef {
                property: "p".to_owned(),
                cast,
            },
            op,
            values: values.as_array().cloned().unwrap_or_default(),
        };
        let all = [
            json!(null),
            json!("5"),
            json!("five"),
            json!(""),
            json!(5),
            json!(0),
            json!(true),
            json!([]),
            json!(["5", 6]),
            json!([[5]]),
            json!({"p": 5}),
        ];
        let matcher = Matcher::new(&condition);
        let passed: Vec<_> = all
            .iter()
            .filter(|value| matcher.accepts(Some(value)))
            .cloned()
            .collect();
        assert_eq!(passed, accepted, "{op:?}");
        assert_eq!(matcher.accepts(None), matcher.accepts(Some(&Value::Null)));
    }

    #[test]
    fn positive_operators_accept_their_types_and_items_of_lists() {
        check(
            Operator::Is,
            &json!(["5"]),
            None,
            &[json!("5"), json!(["5", 6])],
        );
        check(
            Operator::Is,
            &json!([5, true]),
            None,
            &[json!(5), json!(true)],
        );
        check(Operator::Is, &json!([-0.0]), None, &[json!(0)]);
        check(Operator::Is, &json!([]), None, &[]);
        check(
            Operator::Contains,
            &json!(["iv", "x"]),
            None,
            &[json!("five")],
        );
        check(Operator::Gt, &json!([5]), None, &[json!(["5", 6])]);
        check(Operator::Lt, &json!([5]), None, &[json!(0)]);
        check(
            Operator::Eq,
            &json!([5, 6]),
            None,
            &[json!(5), json!(["5", 6])],
        );
    }

    #[test]
    fn text_compares_as_a_number_with_a_cast() {
        let number = Some(Cast::Number);
        check(
            Operator::Eq,
            &json!([5]),
            number,
            &[json!("5"), json!(5), json!(["5", 6])],
        );
        check(Operator::Is, &json!(["5"]), number, &[]);
        let numbers = [
            json!("5"),
            json!(5),
            json!(0),
            json!([]),
            json!(["5", 6]),
            json!([[5]]),
        ];
        check(Operator::Set, &json!([]), number, &numbers);
    }

    #[test]
    fn set_accepts_all_but_null_and_negative_operators_accept_the_rest() {
        check(Operator::NotSet, &json!([]), None, &[json!(null)]);
        let not_five = [
            json!(null),
            json!("five"),
            json!(""),
            json!(5),
            json!(0),
            json!(true),
            json!([]),
            json!([[5]]),
            json!({"p": 5}),
        ];
        check(Operator::IsNot, &json!(["5"]), None, &not_five);
    }
}
