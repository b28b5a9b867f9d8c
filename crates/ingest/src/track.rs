//! Decodes the body of `/public/track`: one event, or a batch.

use empmix_model::limits;
use serde_json::value::RawValue;

use crate::{
    Decoded, Refusal, RequestContext,
    event::Decoder,
    json::{self, Body, Object},
    time,
};

/// Decodes a body with one event (`{event, distinct_id, …}`) or several (`{events: […]}`).
///
/// An error means that no part of the request can be stored. A refused event is not an error: it is
/// in `rejected`, and it is one of the units, with its bytes.
pub fn decode(body: &Body<'_>, context: &mut RequestContext<'_>) -> Result<Decoded, Refusal> {
    let sent_at = time::sent_at(body.value("sent_at").as_ref())?;
    let mut decoder = Decoder::new(context, sent_at);
    let mut decoded = Decoded::new();
    let Some(events) = body.get("events") else {
        match body.object().and_then(|event| decoder.item(&event)) {
            Ok(accepted) => decoded.accept(accepted),
            Err(refusal) => decoded.refuse(0, refusal, &body.text_without_key()),
        }
        return Ok(decoded);
    };
    let events: Vec<&RawValue> = serde_json::from_str(events.get())
        .map_err(|_| Refusal::invalid("events", "The 'events' parameter must be a list."))?;
    within_batch(events.len())?;
    for (index, event) in events.into_iter().map(RawValue::get).enumerate() {
        match object(event).and_then(|event| decoder.item(&event)) {
            Ok(accepted) => decoded.accept(accepted),
            Err(refusal) => decoded.refuse(index, refusal, event),
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

fn object(event: &str) -> Result<Object, Refusal> {
    if !event.starts_with('{') {
        return Err(Refusal::invalid("events", "An event must be an object."));
    }
    json::object(event).map_err(|refusal| Refusal {
        message: refusal.message.replace("body", "event"),
        ..refusal
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{EnvelopeUnit, event::tests::context};

    fn decode_json(body: Value) -> Result<Decoded, Refusal> {
        let mut id = || "r".to_owned();
        let text = body.to_string();
        let body = Body::of(text.as_bytes()).unwrap();
        decode(&body, &mut context(1_780_000_000_000, &mut id))
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
