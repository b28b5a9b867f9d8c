//! What is stored from now on: one change stream a project, however many watch.
//!
//! The first watcher opens the stream, a task passes on what it brings, and the task ends within
//! [`CHECK`] of the last watcher. A watcher that is too slow misses the oldest items and learns how
//! many. A stream that falls behind what the server remembers ends, and so do all that watch it; so
//! does one that meets a document that cannot be read, which the log names. They watch again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use empmix_alarm::Guard;
use empmix_model::{ids::ProjectId, stored::LiveItem};
use futures::{StreamExt, stream::BoxStream};
use mongodb::{
    bson::{Document, RawDocumentBuf, doc},
    change_stream::{ChangeStream, event::ChangeStreamEvent},
    error::Result as DriverResult,
};
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use super::{
    MongoStore,
    calls::{failed, within},
    documents::{project_id, stored_event},
    facts::broken,
    warnings::warning,
};
use empmix_store::{Missed, StoreError, Watched};

/// Items that a slow watcher may be behind before it misses some.
const ITEMS: usize = 1024;
/// How often a stream is asked whether anybody watches it.
const CHECK: Duration = Duration::from_secs(1);

type Changes = ChangeStream<ChangeStreamEvent<RawDocumentBuf>>;
/// What a project's watchers listen to; its sender is the task's.
type Channel = Arc<tokio::sync::Mutex<Option<broadcast::WeakSender<LiveItem>>>>;

/// The streams of a process.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<ProjectId, Channel>>);

impl Streams {
    fn channel(&self, project: ProjectId) -> Channel {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(project).or_default().clone()
    }
}

impl MongoStore {
    pub(super) async fn watch(
        &self,
        project: ProjectId,
    ) -> Result<BoxStream<'static, Watched>, StoreError> {
        let channel = self.streams.channel(project);
        let call = self.subscribe(project, &channel);
        let items = within(self.options.call_deadline, call).await?;
        let watched = BroadcastStream::new(items)
            .map(|item| item.map_err(|BroadcastStreamRecvError::Lagged(missed)| Missed(missed)));
        Ok(watched.boxed())
    }

    /// Listens to the project's stream, which is opened if it is not open.
    async fn subscribe(
        &self,
        project: ProjectId,
        channel: &Channel,
    ) -> DriverResult<broadcast::Receiver<LiveItem>> {
        let mut sender = channel.lock().await;
        let open = sender.as_ref().and_then(broadcast::WeakSender::upgrade);
        if let Some(open) = open {
            return Ok(open.subscribe());
        }
        let wanted = doc! {"$match": {
            "ns.coll": {"$in": ["events", "warnings"]},
            "operationType": "insert",
            "fullDocument.p": project_id(project),
        }};
        let changes = self.db.watch().pipeline([wanted]).await?.with_type();
        let (made, items) = broadcast::channel(ITEMS);
        *sender = Some(made.downgrade());
        let guard = self.options.alarm.guard("live view");
        let (channel, closed) = (channel.clone(), self.closed.subscribe());
        tokio::spawn(async move {
            pass_on(changes, made, channel, closed, &guard).await;
            guard.done();
        });
        Ok(items)
    }
}

/// Passes on what a stream brings until it ends, the store closes or no watcher is left.
async fn pass_on(
    mut changes: Changes,
    sender: broadcast::Sender<LiveItem>,
    channel: Channel,
    mut closed: watch::Receiver<bool>,
    guard: &Guard,
) {
    let mut check = tokio::time::interval(CHECK);
    loop {
        guard.turn();
        tokio::select! {
            change = changes.next() => {
                let change = change.map(|change| change.map_err(|error| failed(&error)));
                match change.map(|change| change.and_then(|change| item(&change))) {
                    None => return,
                    Some(Err(error)) => {
                        tracing::warn!(%error, "the live views of a project ended");
                        return;
                    }
                    // There may be no watcher for a moment.
                    Some(Ok(item)) => drop(sender.send(item)),
                }
            }
            _ = check.tick() => {
                // Under the lock no watcher comes meanwhile.
                let mut open = channel.lock().await;
                if sender.receiver_count() == 0 {
                    *open = None;
                    return;
                }
            }
            () = close(&mut closed) => return,
        }
    }
}

/// Waits until the store closes. An error says that it is gone.
async fn close(closed: &mut watch::Receiver<bool>) {
    let _ = closed.wait_for(|closed| *closed).await;
}

fn item(change: &ChangeStreamEvent<RawDocumentBuf>) -> Result<LiveItem, StoreError> {
    let document = change.full_document.as_ref();
    let document = document.ok_or_else(|| broken("a change"))?;
    let collection = change.ns.as_ref().and_then(|ns| ns.coll.as_deref());
    if collection == Some("events") {
        return stored_event(document).map(LiveItem::Event);
    }
    let document = Document::try_from(document.as_ref()).map_err(|_| broken("a warning"))?;
    warning(&document).map(LiveItem::Warning)
}
