//! Decodes the body of `/public/track`: one event, or a batch.

use empmix_model::limits;
use serde_json::{Map, Value};

use crate::{Decoded, Refusal, RequestContext, event::Decoder, time};

/// Decodes a body with one event (`{event, distinct_id, …}`) or several (`{events: […]}`).
///
/// An error means that no part of the request can be stored. A refused event is not an error: it is
/// in `rejected`, and it is one of the units, with its bytes.
pub fn decode(
    body: &Map<String, Value>,
    context: &mut RequestContext<'_>,
) -> Result<Decoded, Refusal> {
    let sent_at = time::epoch_ms(body, "sent_at")?;
    let mut decoder = Decoder::new(context, sent_at);
    let mut decoded = Decoded::new();
    match body.get("events") {
        None | Some(Value::Null) => {
            let bytes = || text_without_key(body);
            match decoder.item(body) {
                Ok(accepted) => decoded.accept(accepted),
                Err(refusal) => decoded.refuse(0, refusal, &bytes()),
            }
        }
        Some(Value::Array(events)) => {
            within_batch(events.len())?;
            for (index, event) in events.iter().enumerate() {
                let item = object(event).and_then(|event| decoder.item(event));
                match item {
                    Ok(accepted) => decoded.accept(accepted),
                    Err(refusal) => decoded.refuse(index, refusal, &event.to_string()),
                }
            }
        }
        Some(_) => {
            return Err(Refusal::invalid(
                "events",
                "The 'events' parameter must be a list.",
            ));
        }
    }
    Ok(decoded)
}

fn within_batch(events: usize) -> Result<(), Refusal> {
    if (1..=limits::BATCH_EVENTS).contains(&events) {
        return Ok(());
    }
    let message = format!(
        "The 'events' parameter must have 1 to {} events.",
        limits::BATCH_EVENTS
    );
    Err(Refusal::invalid("events", message))
}

fn object(event: &Value) -> Result<&Map<String, Value>, Refusal> {
    event
        .as_object()
        .ok_or_else(|| Refusal::invalid("events", "An event must be an object."))
}

/// The body without its key, in the form in which it is kept.
pub(crate) fn text_without_key(body: &Map<String, Value>) -> String {
    let mut kept = body.clone();
    kept.remove("apiKey");
    Value::Object(kept).to_string()
}

/// The key in the body, if it has one.
pub fn api_key(body: &Map<String, Value>) -> Option<&str> {
    body.get("apiKey").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{EnvelopeUnit, event::tests::context};

    fn decode_json(body: Value) -> Result<Decoded, Refusal> {
        let mut id = || "r".to_owned();
        decode(
            body.as_object().unwrap(),
            &mut context(1_780_000_000_000, &mut id),
        )
    }

    #[test]
    fn valid_events_are_accepted_although_others_are_refused() {
        let decoded = decode_json(json!({"apiKey": "pk", "events": [
            {"event": "a", "distinct_id": "u"}, {"event": "a"}, 5]}))
        .unwrap();
        assert_eq!(decoded.accepted, 1);
        assert_eq!(
            decoded.rejected.iter().map(|r| r.index).collect::<Vec<_>>(),
            [1, 2]
        );
        let EnvelopeUnit::Refused(refused) = &decoded.units[1] else {
            panic!("the second event should be refused")
        };
        assert_eq!(refused.bytes, r#"{"event":"a"}"#);
    }

    #[test]
    fn a_refused_event_is_kept_without_its_key() {
        let decoded = decode_json(json!({"apiKey": "pk_secret", "event": "a"})).unwrap();
        assert!(
            matches!(&decoded.units[0], EnvelopeUnit::Refused(refused) if !refused.bytes.contains("pk_secret"))
        );
    }

    #[test]
    fn the_size_of_a_batch_is_limited() {
        assert!(decode_json(json!({"events": []})).is_err());
        assert!(decode_json(json!({"events": {}})).is_err());
        let event = json!({"event": "a", "distinct_id": "u"});
        assert_eq!(
            decode_json(json!({"events": vec![event.clone(); 1000]}))
                .unwrap()
                .accepted,
            1000
        );
        assert!(decode_json(json!({"events": vec![event; 1001]})).is_err());
        assert!(decode_json(json!({"events": [{}], "sent_at": "now"})).is_err());
    }
}
