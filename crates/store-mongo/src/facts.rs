//! Facts as documents.

use empmix_model::{
    EpochMs,
    identity::{Fact, FactKey, FoldedLink, Link, LinkRefusal},
    ids::{ItemHash, MessageId, ProjectId},
    item::Authority,
};
use mongodb::bson::{Bson, Document, doc};

use super::{
    documents::{binary, message_id, project_id, time},
    users::id_key,
};
use empmix_store::StoreError;

/// The authority of a client, as the `_id` of a link has it.
pub(super) const CLIENT: &str = "client";
const SERVER: &str = "server";

/// The `_id` of what a fact is about, whatever its time.
pub(super) fn fact_id(project: ProjectId, fact: &Fact) -> Bson {
    match fact {
        Fact::Link(link) => link_key(project, link),
        Fact::Identification { id, .. } => id_key(project, id),
    }
}

/// The `_id` of a link: equal links are one.
pub(super) fn link_key(project: ProjectId, link: &Link) -> Bson {
    let authority = match link.authority {
        Authority::Client => CLIENT,
        Authority::Server => SERVER,
    };
    Bson::Document(doc! {
        "p": project_id(project), "a": authority,
        "s": link.source.as_str(), "d": link.destination.as_str(),
    })
}

/// The link's document without its `_id` and its result.
pub(super) fn link_document(project: ProjectId, link: &Link) -> Document {
    doc! {
        "p": project_id(project),
        "s": link.source.as_str(),
        "d": link.destination.as_str(),
        "i": binary(link.item.0),
        "k": key_document(link.key),
    }
}

/// A key such that documents sort as keys do.
pub(super) fn key_document(key: FactKey) -> Document {
    doc! {
        "r": time(key.received_at),
        "m": message_id(key.message_id),
        "i": i64::from(key.index),
    }
}

/// A result as a value: null where the link holds.
pub(super) fn refusal_value(refusal: Option<LinkRefusal>) -> Bson {
    refusal.map_or(Bson::Null, |refusal| {
        let text: &'static str = refusal.into();
        Bson::from(text)
    })
}

/// Reads a link and the result of the last fold.
pub(super) fn folded_link(document: &Document) -> Result<FoldedLink, StoreError> {
    read_link(document).ok_or_else(|| broken("a link"))
}

/// Reads the id of an `ids` document.
pub(super) fn named_id(document: &Document) -> Result<&str, StoreError> {
    let id = document.get_document("_id").and_then(|id| id.get_str("d"));
    id.map_err(|_| broken("the id of an `ids` document"))
}

/// Reads the key of a fact's document, if it has one.
pub(super) fn stored_key(document: &Document) -> Result<Option<FactKey>, StoreError> {
    let Some(key) = document.get("k") else {
        return Ok(None);
    };
    let key = key.as_document().and_then(read_key);
    key.map(Some).ok_or_else(|| broken("the key of a fact"))
}

fn read_link(document: &Document) -> Option<FoldedLink> {
    let authority = match document.get_document("_id").ok()?.get_str("a").ok()? {
        CLIENT => Authority::Client,
        SERVER => Authority::Server,
        _ => return None,
    };
    let item = document.get_binary_generic("i").ok()?;
    let refusal = match document.get("f") {
        None | Some(Bson::Null) => None,
        Some(reason) => Some(mongodb::bson::from_bson(reason.clone()).ok()?),
    };
    let link = Link {
        item: ItemHash::from_slice(item).ok()?,
        source: document.get_str("s").ok()?.to_owned(),
        destination: document.get_str("d").ok()?.to_owned(),
        authority,
        key: stored_key(document).ok()??,
    };
    Some(FoldedLink { link, refusal })
}

/// Reads the document of a key.
pub(super) fn read_key(key: &Document) -> Option<FactKey> {
    let received_at: EpochMs = key.get_datetime("r").ok()?.timestamp_millis();
    let message = key.get_binary_generic("m").ok()?;
    Some(FactKey {
        received_at,
        message_id: MessageId::from_slice(message).ok()?,
        index: u32::try_from(key.get_i64("i").ok()?).ok()?,
    })
}

/// A text that may be null or missing; `None` for any other value.
#[allow(
    clippy::option_option,
    reason = "the outer one says that it can be read"
)]
pub(super) fn optional_text(document: &Document, field: &str) -> Option<Option<String>> {
    match document.get(field) {
        None | Some(Bson::Null) => Some(None),
        Some(Bson::String(text)) => Some(Some(text.clone())),
        Some(_) => None,
    }
}

/// A document that this program did not write.
pub(super) fn broken(what: &str) -> StoreError {
    StoreError::Storage(format!("{what} in MongoDB cannot be read"))
}
