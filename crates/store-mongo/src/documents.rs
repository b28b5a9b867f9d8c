//! Events and instructions as documents.
//!
//! An event: `_id` (project ‖ item hash), `p` project, `e` name, `d` distinct id, `u` user, `t`
//! corrected time, `c` the client's own time where it differs, `r` received, `i` insert id, `s`
//! session, `m` message, `h` hash of the content, `props` with escaped names. An instruction has
//! the same fields without `e`, `u`, `s`, `props`, and with `a` (the authority of the request) and `act`, what
//! to do, in JSON.

use empmix_model::{
    EpochMs,
    envelope::Envelope,
    ids::{ItemHash, MessageId, ProjectId},
    item::{Authority, Event, Instruction},
    stored::StoredEvent,
};
use mongodb::bson::{Binary, DateTime, RawDocument, RawDocumentBuf, spec::BinarySubtype};

use super::values;
use empmix_store::{StoreError, content_hash, instruction_hash};

/// The largest document that the server takes.
const DOCUMENT_BYTES: usize = 16 << 20;

/// The `_id` of an item.
pub(super) fn item_id(project: ProjectId, item: ItemHash) -> Binary {
    binary([project.0.as_slice(), item.0.as_slice()].concat())
}

/// A project, job or message id, or part of one.
pub(super) fn binary(bytes: impl Into<Vec<u8>>) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.into(),
    }
}

/// The project's id as a value.
pub(super) fn project_id(project: ProjectId) -> Binary {
    binary(project.0)
}

/// The message's id as a value: 16 bytes that sort as the id does.
pub(super) fn message_id(message: MessageId) -> Binary {
    binary(message.as_bytes().as_slice())
}

/// A point in time as a value.
pub(super) fn time(at: EpochMs) -> DateTime {
    DateTime::from_millis(at)
}

/// An item on its way into a collection.
pub(super) struct Row {
    /// The place of its envelope in the batch.
    pub(super) envelope: usize,
    /// Its `_id`.
    pub(super) id: Binary,
    /// The hash of its content.
    pub(super) content: i64,
    /// The message that carried it.
    pub(super) message: MessageId,
    /// The document; `None` when MongoDB cannot take it.
    pub(super) document: Option<RawDocumentBuf>,
}

/// An event as a row, stamped with its user.
pub(super) fn event(
    (place, envelope): (usize, &Envelope),
    event: &Event,
    user: &str,
) -> Result<Row, StoreError> {
    let id = item_id(envelope.project, event.id);
    let content = content_hash(&event.event, &event.distinct_id, &event.properties)?;
    let document = values::document(&event.properties).map(|properties| {
        let mut document = RawDocumentBuf::new();
        document.append("_id", id.clone());
        document.append("p", project_id(envelope.project));
        document.append("e", event.event.as_str());
        document.append("d", event.distinct_id.as_str());
        document.append("u", user);
        document.append("t", time(event.time));
        if let Some(own) = event.client_time {
            document.append("c", time(own));
        }
        document.append("r", time(envelope.received_at));
        document.append("i", event.insert_id.as_str());
        if let Some(session) = &event.session_id {
            document.append("s", session.as_str());
        }
        document.append("m", message_id(envelope.message_id));
        document.append("h", content);
        document.append("props", properties);
        document
    });
    Ok(row((place, envelope), id, content, document))
}

/// An instruction as a row.
pub(super) fn instruction(
    (place, envelope): (usize, &Envelope),
    instruction: &Instruction,
) -> Result<Row, StoreError> {
    let id = item_id(envelope.project, instruction.id);
    let content = instruction_hash(instruction)?;
    let action = serde_json::to_string(&instruction.action)
        .map_err(|error| StoreError::Storage(error.to_string()))?;
    let authority = match instruction.authority {
        Authority::Client => "client",
        Authority::Server => "server",
    };
    let mut document = RawDocumentBuf::new();
    document.append("_id", id.clone());
    document.append("p", project_id(envelope.project));
    document.append("d", instruction.distinct_id.as_str());
    document.append("t", time(instruction.time));
    if let Some(own) = instruction.client_time {
        document.append("c", time(own));
    }
    document.append("r", time(envelope.received_at));
    document.append("i", instruction.insert_id.as_str());
    document.append("m", message_id(envelope.message_id));
    document.append("h", content);
    document.append("a", authority);
    document.append("act", action);
    Ok(row((place, envelope), id, content, Some(document)))
}

fn row(
    (place, envelope): (usize, &Envelope),
    id: Binary,
    content: i64,
    document: Option<RawDocumentBuf>,
) -> Row {
    Row {
        envelope: place,
        id,
        content,
        message: envelope.message_id,
        document: document.filter(|document| document.as_bytes().len() <= DOCUMENT_BYTES),
    }
}

/// An event as the private API shows it.
pub(super) fn stored_event(document: &RawDocument) -> Result<StoredEvent, StoreError> {
    read_event(document).map_err(|error| {
        StoreError::Storage(format!("an event in MongoDB cannot be read: {error}"))
    })
}

fn read_event(document: &RawDocument) -> Result<StoredEvent, Box<dyn std::error::Error>> {
    let text = |field: &str| document.get_str(field).map(str::to_owned);
    let millis = |field: &str| document.get_datetime(field).map(|at| at.timestamp_millis());
    let id = document.get_binary("_id")?.bytes;
    let session_id = match document.get("s")? {
        None => None,
        Some(_) => Some(document.get_str("s")?.to_owned()),
    };
    let properties = values::properties(document.get_document("props")?);
    Ok(StoredEvent {
        id: ItemHash::from_slice(id.get(8..).unwrap_or_default())?,
        event: text("e")?,
        distinct_id: text("d")?,
        user_id: text("u")?,
        time: millis("t")?,
        received_at: millis("r")?,
        session_id,
        properties: properties.ok_or("a property has a type that is never written")?,
    })
}
