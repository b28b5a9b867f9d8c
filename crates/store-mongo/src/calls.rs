//! Deadlines and errors of the driver's calls.
//!
//! The driver has no socket timeout: a server that stops answering would hold a call for ever. So
//! every call runs under a deadline; beyond it nothing is known of the outcome, which is
//! [`StoreError::Unavailable`], and what was asked is asked again.

use std::{future::IntoFuture, time::Duration};

use futures::TryStreamExt;
use mongodb::{
    Cursor,
    error::{Error, ErrorKind, Result as DriverResult},
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

/// What a failed call means. Whatever may pass by itself is `Unavailable`; an error that a
/// transaction made of our own stays what it was.
pub(super) fn failed(error: &Error) -> StoreError {
    if let Some(own) = error.get_custom::<StoreError>() {
        return own.clone();
    }
    match error.kind.as_ref() {
        ErrorKind::Command(command) if is_lasting(command.code) => {
            StoreError::Storage(format!("MongoDB: {}", command.message))
        }
        _ => StoreError::Unavailable(format!("MongoDB: {error}")),
    }
}

/// Whether a document's write error will never pass by itself: then it is the document's fault.
pub(super) fn is_lasting(code: i32) -> bool {
    !TRANSIENT.contains(&code)
}

/// Server error codes that say something of the moment, not of the document or the command.
const TRANSIENT: [i32; 30] = [
    6,     // HostUnreachable
    7,     // HostNotFound
    13,    // Unauthorized: someone is changing the user's rights
    18,    // AuthenticationFailed
    24,    // LockTimeout
    46,    // LockBusy
    50,    // MaxTimeMSExpired
    64,    // WriteConcernFailed
    79,    // UnknownReplWriteConcern
    89,    // NetworkTimeout
    91,    // ShutdownInProgress
    100,   // UnsatisfiableWriteConcern
    112,   // WriteConflict
    133,   // FailedToSatisfyReadPreference
    134,   // ReadConcernMajorityNotAvailableYet
    189,   // PrimarySteppedDown
    202,   // NetworkInterfaceExceededTimeLimit
    225,   // TransactionTooOld
    244,   // TransactionAborted
    246,   // SnapshotUnavailable
    251,   // NoSuchTransaction
    262,   // ExceededTimeLimit
    317,   // ConnectionPoolExpired
    9001,  // SocketException
    10107, // NotWritablePrimary
    11600, // InterruptedAtShutdown
    11602, // InterruptedDueToReplStateChange
    13435, // NotPrimaryNoSecondaryOk
    13436, // NotPrimaryOrSecondary
    14031, // OutOfDiskSpace
];
