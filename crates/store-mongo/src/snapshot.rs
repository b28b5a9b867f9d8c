//! Reading the events as they were at one moment.
//!
//! Events are stamped with other users while they are read, and the indexes that reports walk over
//! hold the user. A read that follows the newest state may find an event at its old place in the index
//! and again at its new one, or at neither; a snapshot has each event once. Who an id is is read from
//! the snapshot of the events too, so that an answer never mixes the users of two moments.

use std::time::Duration;

use futures::TryStreamExt;
use mongodb::{
    ClientSession, Collection,
    bson::{Document, Timestamp},
    error::Result as DriverResult,
    options::{CollectionOptions, FindOptions, ReadConcern, SessionOptions},
};
use serde::de::DeserializeOwned;

use super::{MongoStore, calls::within};
use empmix_store::StoreError;

/// What a majority had written at one moment: that of the first read.
pub(super) struct Snapshot<'a> {
    store: &'a MongoStore,
    session: ClientSession,
}

impl MongoStore {
    /// A snapshot that nothing was read from yet.
    pub(super) async fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let session = within(self.options.call_deadline, self.session_at(None)).await?;
        Ok(Snapshot {
            store: self,
            session,
        })
    }

    /// A session whose reads are of a moment, or of one moment that the first of them decides.
    pub(super) async fn session_at(
        &self,
        moment: Option<Timestamp>,
    ) -> DriverResult<ClientSession> {
        let options = SessionOptions::builder()
            .snapshot(true)
            .snapshot_time(moment)
            .build();
        self.client.start_session().with_options(options).await
    }

    /// A collection for the reads of such a session.
    pub(super) fn unmoving<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        let options = CollectionOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .build();
        self.db.collection_with_options(name, options)
    }
}

impl Snapshot<'_> {
    /// The snapshot's moment, once something was read.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        self.session.snapshot_time()
    }

    /// Everything that is found, under one deadline.
    pub(super) async fn find<T>(
        &mut self,
        deadline: Duration,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<T>, StoreError>
    where
        T: DeserializeOwned + Send + Sync,
    {
        let found = self.store.unmoving::<T>(collection);
        let read = async {
            let call = found.find(filter).with_options(options);
            let mut rows = call.session(&mut self.session).await?;
            rows.stream(&mut self.session).try_collect().await
        };
        within(deadline, read).await
    }
}
