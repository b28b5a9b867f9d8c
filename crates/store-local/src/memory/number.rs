//! One spelling for each number, so that an event reads the same from a row, a column and a file.

use empmix_model::Properties;
use serde_json::{Number, Value};

/// Integers up to here are exact as 64-bit floats, and shown without a fraction.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number as JSON writes it: whole ones without a fraction.
pub(crate) fn number_value(number: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "whole and in range")]
    let whole = number as i64;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        Value::Number(whole.into())
    } else {
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

/// Gives every number in some properties its one spelling.
pub(crate) fn spell_numbers(properties: &mut Properties) {
    properties.values_mut().for_each(spell);
}

fn spell(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(number) = number.as_f64() {
                *value = number_value(number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell),
        Value::Object(fields) => spell_numbers(fields),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        let mut value = json!({"a": 5.0, "b": [1e3, {"c": -2.0}], "d": 0.5, "e": 1e300, "f": 7});
        spell(&mut value);
        let text = r#"{"a":5,"b":[1000,{"c":-2}],"d":0.5,"e":1e+300,"f":7}"#;
        assert_eq!(value.to_string(), text);
    }
}
