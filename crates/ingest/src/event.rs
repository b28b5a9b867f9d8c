//! Decodes one event object into one item.
//!
//! Objects named `$identify`, `$create_alias` and `$merge` are instructions; all others are events.
//! An event without `insert_id` and with a `timestamp` gets an id derived from (event, distinct_id,
//! timestamp, canonical properties, k). k is the number of equal items before it in the request, so
//! that sending the request again has no effect. An event without both, and every instruction
//! without `insert_id`, gets a random id.

use std::collections::HashMap;

use empmix_model::{
    EpochMs, Properties,
    envelope::Source,
    ids::ItemHash,
    item::{Action, Event, Instruction, Item},
    limits,
    warning::{Alteration, WarningKind},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Refusal, RequestContext,
    fields::{self, CheckedProperties},
    json::Object,
    time::{self, ItemTime},
};

/// An accepted item.
#[derive(Debug)]
pub struct Accepted {
    /// The item.
    pub item: Item,
    /// The alterations made to it.
    pub altered: Vec<Alteration>,
    /// Where its id comes from.
    pub origin: IdOrigin,
}

/// Where the insert id of an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdOrigin {
    /// The sender.
    Sent,
    /// The content, and the number of equal items before it.
    Content,
    /// Chance: the item counts again when it is sent again.
    Random,
}

/// Counts items by content: says how many with this content came before, and counts this one.
pub type Count<'c> = Box<dyn FnMut([u8; 32]) -> u32 + Send + 'c>;

/// Decodes the items of one request.
pub struct Decoder<'c, 'a> {
    context: &'c mut RequestContext<'a>,
    sent_at: Option<EpochMs>,
    equal_items: Count<'c>,
}

impl<'c, 'a> Decoder<'c, 'a> {
    /// Creates the decoder of one request. `sent_at` is the client's clock at the time of sending.
    pub fn new(context: &'c mut RequestContext<'a>, sent_at: Option<EpochMs>) -> Self {
        let mut equal_items: HashMap<[u8; 32], u32> = HashMap::new();
        let count = move |content| {
            let counted = equal_items.entry(content).or_default();
            *counted += 1;
            *counted - 1
        };
        Self::counting(context, sent_at, Box::new(count))
    }

    /// A decoder that counts equal items elsewhere: over the requests of a whole file.
    pub fn counting(
        context: &'c mut RequestContext<'a>,
        sent_at: Option<EpochMs>,
        equal_items: Count<'c>,
    ) -> Self {
        Self {
            context,
            sent_at,
            equal_items,
        }
    }

    /// Decodes one event object, from a batch or alone.
    pub fn item(&mut self, object: &Object) -> Result<Accepted, Refusal> {
        within_limit(object)?;
        let name = fields::required_name(object, "event")?;
        match name.as_str() {
            "$identify" | "$create_alias" | "$merge" => self.instruction(&name, object),
            _ => self.event(name, object),
        }
    }

    fn event(&mut self, name: String, object: &Object) -> Result<Accepted, Refusal> {
        let distinct_id = fields::required_id(object, "distinct_id")?;
        let time = time::item_time(object, self.sent_at, self.context)?;
        let checked = fields::properties(object.get("properties"), "properties", object.mark())?;
        let session_id = session_id(object, &checked.properties)?;
        let sent_id = insert_id(object, &checked.properties)?;
        let (insert_id, origin) = match (sent_id, time.sent) {
            (Some(id), _) => (id, IdOrigin::Sent),
            (None, Some(at)) => {
                let id = self.derived_id(&name, &distinct_id, at, &checked.properties)?;
                (id, IdOrigin::Content)
            }
            (None, None) => ((self.context.random_id)(), IdOrigin::Random),
        };
        let id = self.hash(object, &distinct_id, &insert_id, time)?;
        let altered = alterations(id, &checked, time);
        let properties = checked.properties;
        let event = Event {
            id,
            event: name,
            distinct_id,
            time: time.time,
            client_time: time.client_time(),
            insert_id,
            session_id,
            properties,
        };
        Ok(Accepted {
            item: Item::Event(event),
            altered,
            origin,
        })
    }

    fn instruction(&mut self, name: &str, object: &Object) -> Result<Accepted, Refusal> {
        let checked = fields::properties(object.get("properties"), "properties", object.mark())?;
        let (distinct_id, action) = if name == "$identify" {
            identify_action(object, &checked)?
        } else {
            link_action(object, &checked)?
        };
        self.finish(object, distinct_id, action, &checked)
    }

    /// Builds an instruction from its checked parameters.
    pub(crate) fn finish(
        &mut self,
        object: &Object,
        distinct_id: String,
        action: Action,
        checked: &CheckedProperties,
    ) -> Result<Accepted, Refusal> {
        let time = time::item_time(object, self.sent_at, self.context)?;
        let sent_id = insert_id(object, &checked.properties)?;
        let (insert_id, origin) = match sent_id {
            Some(id) => (id, IdOrigin::Sent),
            None => ((self.context.random_id)(), IdOrigin::Random),
        };
        let id = self.hash(object, &distinct_id, &insert_id, time)?;
        let instruction = Instruction {
            id,
            distinct_id,
            time: time.time.min(self.context.received_at),
            client_time: time.client_time(),
            insert_id,
            authority: self.context.authority,
            action,
        };
        let altered = alterations(id, checked, time);
        Ok(Accepted {
            item: Item::Instruction(instruction),
            altered,
            origin,
        })
    }

    /// The item's hash. In an import, an `id` in the object takes precedence.
    fn hash(
        &self,
        object: &Map<String, Value>,
        distinct_id: &str,
        insert_id: &str,
        time: ItemTime,
    ) -> Result<ItemHash, Refusal> {
        match object.get("id") {
            Some(Value::String(id)) if self.context.source == Source::Import => id
                .parse()
                .map_err(|_| Refusal::invalid("id", "The 'id' parameter must be 32 hex digits.")),
            _ => Ok(ItemHash::of(distinct_id, insert_id, time.sent)),
        }
    }

    fn derived_id(
        &mut self,
        name: &str,
        distinct_id: &str,
        at: EpochMs,
        properties: &Properties,
    ) -> Result<String, Refusal> {
        let content = serde_json_canonicalizer::to_vec(&json!([name, distinct_id, at, properties]))
            .map_err(|error| Refusal::invalid("properties", error.to_string()))?;
        let digest: [u8; 32] = Sha256::digest(&content).into();
        let equal_before = (self.equal_items)(digest);
        let id = Sha256::new()
            .chain_update(digest)
            .chain_update(equal_before.to_be_bytes())
            .finalize();
        Ok(id[..16].iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn identify_action(
    object: &Map<String, Value>,
    checked: &CheckedProperties,
) -> Result<(String, Action), Refusal> {
    let distinct_id = fields::required_id(object, "distinct_id")?;
    let anonymous_id = fields::optional_id(object, "anonymous_id")?;
    let properties = Some(checked.properties.clone()).filter(|properties| !properties.is_empty());
    Ok((
        distinct_id,
        Action::Identify {
            anonymous_id,
            properties,
            operations: None,
        },
    ))
}

/// The source is `original_id` or `properties.alias`, the destination `alias_id` or `distinct_id`.
fn link_action(
    object: &Map<String, Value>,
    checked: &CheckedProperties,
) -> Result<(String, Action), Refusal> {
    let destination = match fields::optional_id(object, "alias_id")? {
        Some(id) => id,
        None => fields::required_id(object, "distinct_id")?,
    };
    let source = match (
        fields::optional_id(object, "original_id")?,
        checked.properties.get("alias"),
    ) {
        (Some(id), _) => id,
        (None, Some(alias)) => fields::person_id(alias, "properties.alias")?,
        (None, None) => return Err(Refusal::required("properties.alias")),
    };
    Ok((destination, Action::Link { source }))
}

fn insert_id(
    object: &Map<String, Value>,
    properties: &Properties,
) -> Result<Option<String>, Refusal> {
    match fields::optional_text(object, "insert_id", limits::NAME_BYTES)? {
        Some(id) => Ok(Some(id)),
        None => fields::optional_text(properties, "$insert_id", limits::NAME_BYTES),
    }
}

fn session_id(
    object: &Map<String, Value>,
    properties: &Properties,
) -> Result<Option<String>, Refusal> {
    for (place, name) in [
        (object, "session_id"),
        (properties, "$session_id"),
        (properties, "session_id"),
    ] {
        if let Some(id) = fields::optional_text(place, name, limits::NAME_BYTES)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn alterations(item: ItemHash, checked: &CheckedProperties, time: ItemTime) -> Vec<Alteration> {
    let of = |kind, detail: String| Alteration { item, kind, detail };
    let cut = checked
        .cut
        .iter()
        .map(|name| of(WarningKind::StringCut, name.clone()));
    let text = checked
        .as_text
        .iter()
        .map(|name| of(WarningKind::NumberAsText, name.clone()));
    let sent = time.sent.unwrap_or_default().to_string();
    let moved = time
        .clamped
        .then(|| of(WarningKind::FutureTime, sent.clone()));
    let old = time.old.then(|| of(WarningKind::OldTime, sent.clone()));
    cut.chain(text).chain(moved).chain(old).collect()
}

/// Checks the size of an object as it was sent, in compact JSON, before strings are cut.
pub(crate) fn within_limit(object: &Map<String, Value>) -> Result<(), Refusal> {
    if crate::pack::json_bytes(object) > limits::EVENT_BYTES {
        return Err(Refusal::too_large(format!(
            "The event is larger than {} bytes.",
            limits::EVENT_BYTES
        )));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use empmix_model::item::Authority;

    use super::*;

    pub(crate) fn context<'a>(
        received_at: EpochMs,
        random_id: &'a mut dyn FnMut() -> String,
    ) -> RequestContext<'a> {
        RequestContext {
            received_at,
            authority: Authority::Client,
            source: Source::Track,
            random_id,
        }
    }

    const NOW: EpochMs = 1_780_000_000_000;

    fn decode(objects: &[Value]) -> Vec<Result<Accepted, Refusal>> {
        let mut count = 0;
        let mut random = move || {
            count += 1;
            format!("random-{count}")
        };
        let mut context = context(NOW, &mut random);
        let mut decoder = Decoder::new(&mut context, None);
        objects
            .iter()
            .map(|object| decoder.item(&Object::from(object.clone())))
            .collect()
    }

    fn one(object: Value) -> Result<Accepted, Refusal> {
        decode(&[object]).remove(0)
    }

    #[test]
    fn equal_rows_of_a_request_are_distinct_and_a_resend_repeats_their_ids() {
        let row = json!({"event": "a", "distinct_id": "u", "timestamp": NOW, "properties": {"b": 1, "a": 2}});
        let reordered = json!({"event": "a", "distinct_id": "u", "timestamp": NOW, "properties": {"a": 2, "b": 1.0}});
        let ids = |rows: &[Value]| {
            decode(rows)
                .into_iter()
                .map(|row| row.unwrap().item.id())
                .collect::<Vec<_>>()
        };
        let first = ids(&[row.clone(), reordered.clone()]);
        assert_ne!(first[0], first[1]);
        assert_eq!(first, ids(&[reordered, row]));
    }

    #[test]
    fn an_event_without_id_and_time_gets_a_random_id() {
        let origin = |object| one(object).unwrap().origin;
        let event = json!({"event": "a", "distinct_id": "u"});
        assert_eq!(origin(event), IdOrigin::Random);
        let timed = json!({"event": "a", "distinct_id": "u", "timestamp": NOW});
        assert_eq!(origin(timed), IdOrigin::Content);
        let named = json!({"event": "a", "distinct_id": "u", "insert_id": "i"});
        assert_eq!(origin(named), IdOrigin::Sent);
        let instruction = json!({"event": "$identify", "distinct_id": "u", "timestamp": NOW});
        assert_eq!(origin(instruction), IdOrigin::Random);
    }

    #[test]
    fn ids_may_be_properties() {
        let accepted = one(json!({"event": "a", "distinct_id": "u",
            "properties": {"$insert_id": "i", "$session_id": "s"}}))
        .unwrap();
        let Item::Event(event) = accepted.item else {
            panic!("expected an event")
        };
        assert_eq!(
            (event.insert_id.as_str(), event.session_id.as_deref()),
            ("i", Some("s"))
        );
        assert!(one(json!({"event": "a", "distinct_id": "u", "insert_id": 5})).is_err());
    }

    #[test]
    fn an_alias_is_a_link_to_the_distinct_id() {
        let accepted = one(
            json!({"event": "$create_alias", "distinct_id": "A", "insert_id": "i",
            "properties": {"alias": "d"}}),
        )
        .unwrap();
        let Item::Instruction(instruction) = accepted.item else {
            panic!("expected an instruction")
        };
        assert_eq!(instruction.distinct_id, "A");
        assert_eq!(instruction.action, Action::Link { source: "d".into() });
        assert!(one(json!({"event": "$create_alias", "distinct_id": "A"})).is_err());
    }

    #[test]
    fn errors_name_the_missing_parameter() {
        assert_eq!(
            one(json!({"event": "a"})).unwrap_err().message,
            "The 'distinct_id' parameter is required."
        );
        assert_eq!(
            one(json!({"distinct_id": "u"}))
                .unwrap_err()
                .param
                .as_deref(),
            Some("event")
        );
    }

    #[test]
    fn the_size_limit_applies_before_strings_are_cut() {
        let sized = |bytes: usize| {
            let empty = json!({"event": "a", "distinct_id": "u", "properties": {"a": ""}});
            let fill = "x".repeat(bytes - empty.to_string().len());
            one(json!({"event": "a", "distinct_id": "u", "properties": {"a": fill}}))
        };
        assert_eq!(sized(limits::EVENT_BYTES).unwrap().altered.len(), 1);
        let refusal = sized(limits::EVENT_BYTES + 1).unwrap_err();
        assert_eq!(refusal.kind, crate::RefusalKind::TooLarge);
    }
}
