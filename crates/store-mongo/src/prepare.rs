//! Bringing the database to the layout of this release, once a process.
//!
//! One task tries until it succeeds or the store closes. A call waits for the outcome of a try, for at
//! most its deadline, and makes a task that pauses try at once. So no caller that gives up abandons a
//! migration halfway, and the error that a call gets is that of the server, however many calls wait.

use std::time::Duration;

use empmix_backoff::Backoff;
use empmix_store::StoreError;
use tokio::sync::{Notify, watch};

use crate::MongoStore;

/// The shortest and the longest pause after a try that failed.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// What came of the tries so far.
#[derive(Debug)]
pub(super) struct Preparation {
    /// The outcome of the last try; none before the first one ended.
    outcome: watch::Sender<Option<Result<(), StoreError>>>,
    /// A call waits for a try.
    asked: Notify,
}

impl Default for Preparation {
    fn default() -> Self {
        Self {
            outcome: watch::Sender::new(None),
            asked: Notify::new(),
        }
    }
}

impl Preparation {
    fn is_done(&self) -> bool {
        matches!(*self.outcome.borrow(), Some(Ok(())))
    }
}

impl MongoStore {
    /// Waits until the database has the layout of this release. Every call asks this first.
    pub(super) async fn ready(&self) -> Result<(), StoreError> {
        let mut outcome = self.preparation.outcome.subscribe();
        if self.preparation.is_done() {
            return Ok(());
        }
        if *self.closed.borrow() {
            return Err(closed());
        }
        self.preparation.asked.notify_one();
        let next = async {
            // It fails when the sender is gone, and this store holds it.
            let _ = outcome.changed().await;
            outcome.borrow().clone()
        };
        let tried = tokio::time::timeout(self.options.call_deadline, next).await;
        tried.ok().flatten().unwrap_or_else(|| {
            Err(StoreError::Unavailable(
                "the MongoDB database is being prepared for this release".into(),
            ))
        })
    }

    /// Prepares the database and stamps events again, beside everything else, until the store closes.
    pub(super) fn prepare_and_resume(&self) {
        let store = self.beside();
        let preparation = self.preparation.clone();
        let mut closing = self.closed.subscribe();
        let work = async move {
            store.keep_preparing().await;
            store.keep_restamping().await;
        };
        let guard = self.options.alarm.guard("preparation of MongoDB");
        tokio::spawn(async move {
            guard.turn();
            tokio::select! {
                () = work => {}
                // An error says that the store is gone.
                _ = closing.wait_for(|closed| *closed) => {
                    if !preparation.is_done() {
                        preparation.outcome.send_replace(Some(Err(closed())));
                    }
                }
            }
            guard.done();
        });
    }

    async fn keep_preparing(&self) {
        let mut backoff = pauses();
        loop {
            let outcome = self.prepare().await;
            if let Err(error) = &outcome {
                tracing::debug!(%error, "the MongoDB database is not ready");
            }
            self.preparation.outcome.send_replace(Some(outcome));
            if self.preparation.is_done() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(backoff.next_delay()) => {}
                () = self.preparation.asked.notified() => {}
            }
        }
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        self.replica_set().await?;
        self.refuse_newer().await?;
        self.make_collections().await?;
        self.migrate().await
    }
}

/// Between two tries of what runs beside the calls.
pub(super) fn pauses() -> Backoff {
    Backoff::new(PAUSES.0, PAUSES.1)
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}
