//! Inserts items once, with the outcome of each.
//!
//! Unordered inserts with majority and journal. A second item under an `_id` is refused by the
//! server (code 11000); then the content that is there is read back: equal content is a duplicate
//! (or the same message again), different content a conflict. A few write errors are the fault of that
//! one document. Everything else says nothing about the outcome.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use mongodb::{
    Collection,
    bson::{RawDocument, RawDocumentBuf, doc},
    error::{ErrorKind, IndexedWriteError},
};

use super::{
    MongoStore,
    calls::{answered, failed, is_document_fault, is_labelled_transient, within},
    documents::Row,
    facts::broken,
};
use empmix_store::{ItemOutcome, StoreError};

/// Documents of one insert: small enough for its deadline.
const CHUNK: usize = 2_000;
/// Inserts under way at once.
const STREAMS: usize = 2;
const DUPLICATE_KEY: i32 = 11_000;

/// What a collection holds under the ids of rows.
#[derive(Default)]
pub(super) struct Inserted {
    /// Parallel to the rows.
    pub(super) outcomes: Vec<ItemOutcome>,
    /// The users that items which were there before are stamped with, by `_id`.
    pub(super) stamped: HashMap<Vec<u8>, String>,
}

/// What is stored under an id.
struct StoredContent {
    content: i64,
    message: Vec<u8>,
    user: Option<String>,
}

impl MongoStore {
    /// Inserts the rows; the outcomes are in the rows' order.
    pub(super) async fn insert(
        &self,
        collection: &str,
        rows: &mut [Row],
    ) -> Result<Inserted, StoreError> {
        let target = self.db.collection::<RawDocumentBuf>(collection);
        let untaken = |row: &Row| match row.document {
            Some(_) => ItemOutcome::Stored,
            None => ItemOutcome::Poison,
        };
        let mut outcomes: Vec<_> = rows.iter().map(untaken).collect();
        let errors: Vec<(usize, i32)> = stream::iter(chunks(rows))
            .map(|(places, documents)| self.insert_chunk(&target, places, documents))
            .buffer_unordered(STREAMS)
            .try_concat()
            .await?;
        let mut duplicates = Vec::new();
        for (place, code) in errors {
            if code == DUPLICATE_KEY {
                duplicates.push(place);
            } else {
                outcomes[place] = ItemOutcome::Poison;
            }
        }
        duplicates.sort_unstable();
        let held = self.held(&target, rows, &duplicates).await?;
        classify(rows, &duplicates, &held, &mut outcomes)?;
        let stamped = held
            .into_iter()
            .filter_map(|(id, held)| held.user.map(|user| (id, user)))
            .collect();
        Ok(Inserted { outcomes, stamped })
    }

    /// Inserts some documents; returns the places of those that were refused, with the code.
    async fn insert_chunk(
        &self,
        target: &Collection<RawDocumentBuf>,
        places: Vec<usize>,
        documents: Vec<RawDocumentBuf>,
    ) -> Result<Vec<(usize, i32)>, StoreError> {
        let call = target.insert_many(documents).ordered(false);
        let Err(error) = answered(self.options.call_deadline, call).await? else {
            return Ok(Vec::new());
        };
        let refused = match error.kind.as_ref() {
            ErrorKind::InsertMany(refused) if !is_labelled_transient(&error) => refused,
            _ => return Err(failed(&error)),
        };
        if let Some(unsure) = &refused.write_concern_error {
            return Err(StoreError::Unavailable(format!(
                "MongoDB did not confirm a write: {}",
                unsure.message
            )));
        }
        let refused = refused.write_errors.as_deref().unwrap_or_default();
        refused
            .iter()
            .map(|error| refusal(error, &places))
            .collect()
    }

    async fn held(
        &self,
        target: &Collection<RawDocumentBuf>,
        rows: &[Row],
        duplicates: &[usize],
    ) -> Result<HashMap<Vec<u8>, StoredContent>, StoreError> {
        let mut held = HashMap::new();
        for places in duplicates.chunks(CHUNK) {
            let ids: Vec<_> = places.iter().map(|place| rows[*place].id.clone()).collect();
            let found = target
                .find(doc! {"_id": {"$in": ids}})
                .projection(doc! {"h": 1, "m": 1, "u": 1});
            let read = async { found.await?.try_collect::<Vec<_>>().await };
            for document in within(self.options.call_deadline, read).await? {
                held.extend([stored_content(&document).ok_or_else(|| broken("an item"))?]);
            }
        }
        Ok(held)
    }
}

/// Reads what is stored under an id. Instructions carry no user.
fn stored_content(document: &RawDocument) -> Option<(Vec<u8>, StoredContent)> {
    let bytes = |field| Some(document.get_binary(field).ok()?.bytes.to_vec());
    let user = match document.get("u").ok()? {
        None => None,
        Some(user) => Some(user.as_str()?.to_owned()),
    };
    let content = StoredContent {
        content: document.get_i64("h").ok()?,
        message: bytes("m")?,
        user,
    };
    Some((bytes("_id")?, content))
}

/// Takes the rows' documents into parcels, those of one id in one parcel and in order.
fn chunks(rows: &mut [Row]) -> Vec<(Vec<usize>, Vec<RawDocumentBuf>)> {
    let repeated = repeated_ids(rows);
    let mut parcels = Vec::new();
    let mut repeats = (Vec::new(), Vec::new());
    let mut parcel = (Vec::new(), Vec::new());
    for (place, row) in rows.iter_mut().enumerate() {
        let Some(document) = row.document.take() else {
            continue;
        };
        let to = if repeated.contains(&row.id.bytes) {
            &mut repeats
        } else {
            &mut parcel
        };
        to.0.push(place);
        to.1.push(document);
        if parcel.0.len() == CHUNK {
            parcels.push(std::mem::take(&mut parcel));
        }
    }
    parcels.extend(
        [repeats, parcel]
            .into_iter()
            .filter(|(places, _)| !places.is_empty()),
    );
    parcels
}

fn repeated_ids(rows: &[Row]) -> HashSet<Vec<u8>> {
    let mut seen = HashSet::with_capacity(rows.len());
    rows.iter()
        .filter(|row| !seen.insert(row.id.bytes.as_slice()))
        .map(|row| row.id.bytes.clone())
        .collect()
}

/// The place of a document that was refused for its own sake, and the code.
fn refusal(error: &IndexedWriteError, places: &[usize]) -> Result<(usize, i32), StoreError> {
    let is_final = error.code == DUPLICATE_KEY || is_document_fault(error.code);
    match places.get(error.index) {
        Some(place) if is_final => Ok((*place, error.code)),
        _ => Err(StoreError::Unavailable(format!(
            "MongoDB: {}",
            error.message
        ))),
    }
}

/// Says of each duplicate what it is a duplicate of. An item that this very delivery
/// stored a moment ago is a duplicate, not the message's second delivery.
fn classify(
    rows: &[Row],
    duplicates: &[usize],
    held: &HashMap<Vec<u8>, StoredContent>,
    outcomes: &mut [ItemOutcome],
) -> Result<(), StoreError> {
    let mut first = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        first.entry((row.envelope, &row.id)).or_insert(place);
    }
    for &place in duplicates {
        let row = &rows[place];
        let Some(held) = held.get(&row.id.bytes) else {
            // Refused as a duplicate, yet no majority holds it: its writer may still lose it.
            return Err(StoreError::Unavailable(
                "a write of another process is not confirmed".into(),
            ));
        };
        let same_message = held.message == row.message.as_bytes();
        let repeat = first
            .get(&(row.envelope, &row.id))
            .is_some_and(|first| *first < place && outcomes[*first] == ItemOutcome::Stored);
        outcomes[place] = if held.content != row.content {
            ItemOutcome::Conflict
        } else if same_message && !repeat {
            ItemOutcome::Redelivered
        } else {
            ItemOutcome::Deduplicated
        };
    }
    Ok(())
}
