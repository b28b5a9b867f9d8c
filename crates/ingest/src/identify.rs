//! Decodes the body of `/public/identify`.

use empmix_model::item::Action;
use serde_json::Value;

use crate::{
    Decoded, Refusal, RequestContext,
    event::{self, Accepted, Decoder},
    fields::{self, CheckedProperties},
    json::{Body, Object},
    time,
};

/// The operations that a caller may apply to the profile of its own id.
const OPERATIONS: [&str; 5] = ["$set", "$set_once", "$add", "$append", "$union"];

/// Decodes a body. It is accepted or refused as a whole; a refused body is one of the units, with
/// its bytes.
pub fn decode(body: &Body<'_>, context: &mut RequestContext<'_>) -> Result<Decoded, Refusal> {
    let mut decoded = Decoded::new();
    match body.object().and_then(|object| read(&object, context)) {
        Ok(accepted) => decoded.accept(accepted),
        Err(refusal) => decoded.refuse(0, refusal, &body.text_without_key()),
    }
    Ok(decoded)
}

fn read(body: &Object, context: &mut RequestContext<'_>) -> Result<Accepted, Refusal> {
    event::within_limit(body)?;
    let distinct_id = fields::required_id(body, "distinct_id")?;
    let anonymous_id = fields::optional_id(body, "anonymous_id")?;
    let sent_at = time::sent_at(body.get("sent_at"))?;
    let checked = fields::properties(body.get("properties"), "properties", body.mark())?;
    let operations = operations(body.get("operations"), body.mark())?;
    let has_properties = body.get("properties").is_some_and(|sent| !sent.is_null());
    let action = Action::Identify {
        anonymous_id,
        properties: has_properties.then(|| checked.properties.clone()),
        operations: operations
            .as_ref()
            .map(|checked| checked.properties.clone()),
    };
    let mut altered = checked;
    if let Some(of_operations) = operations {
        altered.cut.extend(of_operations.cut);
        altered.as_text.extend(of_operations.as_text);
    }
    Decoder::new(context, sent_at).finish(body, distinct_id, action, &altered)
}

/// Checks the operations without looking at the profile: it refuses unknown operators, and `$add` of
/// a value that is not a number. The error names the property.
fn operations(
    value: Option<&Value>,
    mark: Option<&str>,
) -> Result<Option<CheckedProperties>, Refusal> {
    let Some(object) = fields::map(value, "operations")? else {
        return Ok(None);
    };
    let mut all = CheckedProperties::default();
    for (operator, changes) in object.as_ref() {
        let param = format!("operations.{operator}");
        if !OPERATIONS.contains(&operator.as_str()) {
            return Err(Refusal::invalid(
                param,
                format!(
                    "The operation '{operator}' is not one of {}.",
                    OPERATIONS.join(", ")
                ),
            ));
        }
        if changes.is_null() {
            return Err(Refusal::required(&param));
        }
        let checked = fields::properties(Some(changes), &param, mark)?;
        let not_a_number = checked
            .properties
            .iter()
            .find(|(_, value)| operator == "$add" && !value.is_number());
        if let Some((name, _)) = not_a_number {
            let message = format!("'$add' to the property '{name}' requires a number.");
            return Err(Refusal::invalid(format!("{param}.{name}"), message));
        }
        all.cut.extend(checked.cut);
        all.as_text.extend(checked.as_text);
        all.properties
            .insert(operator.clone(), Value::Object(checked.properties));
    }
    Ok(Some(all))
}

#[cfg(test)]
mod tests {
    use empmix_model::item::Item;
    use serde_json::{Map, json};

    use super::*;
    use crate::{EnvelopeUnit, event::tests::context};

    fn decode_json(body: Value) -> Decoded {
        let mut id = || "r".to_owned();
        let text = body.to_string();
        let body = Body::of(text.as_bytes()).unwrap();
        decode(&body, &mut context(1_780_000_000_000, &mut id)).unwrap()
    }

    fn refused(body: Value) -> Refusal {
        let mut decoded = decode_json(body);
        assert_eq!(decoded.accepted, 0);
        decoded.rejected.remove(0).refusal
    }

    fn action(body: Value) -> Action {
        match decode_json(body).units.remove(0) {
            EnvelopeUnit::Item {
                item: Item::Instruction(instruction),
                ..
            } => instruction.action,
            other => panic!("expected an instruction, not {other:?}"),
        }
    }

    #[test]
    fn identify_links_a_device_and_distinguishes_empty_from_missing_properties() {
        let linked = action(json!({"distinct_id": "A", "anonymous_id": "d", "properties": {}}));
        let expected = Action::Identify {
            anonymous_id: Some("d".into()),
            properties: Some(Map::new()),
            operations: None,
        };
        assert_eq!(linked, expected);
        let Action::Identify {
            properties,
            operations,
            ..
        } = action(json!({"distinct_id": "A", "operations": {"$add": {"n": 1}}}))
        else {
            panic!("expected an identify")
        };
        assert_eq!((properties, operations.is_some()), (None, true));
    }

    #[test]
    fn errors_name_the_invalid_operation() {
        let refusal =
            |operations: Value| refused(json!({"distinct_id": "A", "operations": operations}));
        assert_eq!(
            refusal(json!({"$unset": {"a": 1}})).param.as_deref(),
            Some("operations.$unset")
        );
        assert_eq!(
            refusal(json!({"$add": {"age": "old"}})).param.as_deref(),
            Some("operations.$add.age")
        );
        assert!(
            refused(json!({"anonymous_id": "d"}))
                .message
                .contains("distinct_id")
        );
    }

    #[test]
    fn a_refused_body_is_kept_without_its_key() {
        let decoded = decode_json(json!({"apiKey": "pk_secret", "anonymous_id": "d"}));
        let EnvelopeUnit::Refused(kept) = &decoded.units[0] else {
            panic!("expected a refused unit")
        };
        assert_eq!(kept.bytes, r#"{"anonymous_id":"d"}"#);
    }
}
