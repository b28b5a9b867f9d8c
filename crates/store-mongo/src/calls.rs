//! Deadlines and errors of the driver's calls.
//!
//! The driver has no socket timeout: a server that stops answering would hold a call for ever. So
//! every call runs under a deadline; beyond it nothing is known of the outcome, which is
//! [`StoreError::Unavailable`], and what was asked is asked again.

use std::{future::IntoFuture, time::Duration};

use futures::TryStreamExt;
use mongodb::{
    Cursor,
    error::{Error, RETRYABLE_WRITE_ERROR, Result as DriverResult, TRANSIENT_TRANSACTION_ERROR},
};
use serde::de::DeserializeOwned;

use empmix_store::StoreError;

/// Waits for a call for at most `deadline`.
pub(super) async fn within<T, C>(deadline: Duration, call: C) -> Result<T, StoreError>
where
    C: IntoFuture<Output = DriverResult<T>>,
{
    answered(deadline, call)
        .await?
        .map_err(|error| failed(&error))
}

/// Everything that a read finds, under one deadline.
pub(super) async fn listed<T, C>(deadline: Duration, read: C) -> Result<Vec<T>, StoreError>
where
    C: IntoFuture<Output = DriverResult<Cursor<T>>>,
    T: DeserializeOwned,
{
    within(deadline, async { read.await?.try_collect().await }).await
}

/// The same as [`within`], with the driver's own error for callers that tell some of them apart.
pub(super) async fn answered<T, C>(
    deadline: Duration,
    call: C,
) -> Result<DriverResult<T>, StoreError>
where
    C: IntoFuture<Output = DriverResult<T>>,
{
    tokio::time::timeout(deadline, call.into_future())
        .await
        .map_err(|_| {
            StoreError::Unavailable(format!(
                "MongoDB did not answer within {} s",
                deadline.as_secs_f32()
            ))
        })
}

/// What a failed call means: an error that a transaction made of our own stays what it was, and all
/// others may pass by themselves. The server is run by someone else, who may repair what is wrong.
pub(super) fn failed(error: &Error) -> StoreError {
    if let Some(own) = error.get_custom::<StoreError>() {
        return own.clone();
    }
    StoreError::Unavailable(format!("MongoDB: {error}"))
}

/// Whether the server or the driver says of an error that the same call may succeed when it is made
/// again, whatever the error's codes are.
pub(super) fn is_labelled_transient(error: &Error) -> bool {
    let labels = [TRANSIENT_TRANSACTION_ERROR, RETRYABLE_WRITE_ERROR];
    labels.iter().any(|label| error.contains_label(label))
}

/// Whether a document's write error is the fault of that document: it will never be accepted.
pub(super) fn is_document_fault(code: i32) -> bool {
    DOCUMENT_FAULTS.contains(&code)
}

/// Server error codes that say something of the document. All others say something of the moment, of
/// the server or of this program, and the document waits.
const DOCUMENT_FAULTS: [i32; 11] = [
    2,     // BadValue
    15,    // Overflow: nested too deeply
    22,    // InvalidBSON
    52,    // DollarPrefixedFieldName
    53,    // InvalidIdField
    56,    // EmptyFieldName
    57,    // DottedFieldName
    121,   // DocumentValidationFailure
    171,   // CannotIndexParallelArrays
    10334, // BSONObjectTooLarge
    17280, // KeyTooLong
];
