//! What is stored from now on: a change stream, as long as someone watches.
//!
//! Nothing is buffered here: the server keeps the watcher's place. One that falls behind what the
//! server remembers has lost its place, and its stream ends; so does one that meets a document that
//! cannot be read, which the log names.

use empmix_model::{ids::ProjectId, stored::LiveItem};
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use mongodb::{
    bson::{Document, RawDocumentBuf, doc},
    change_stream::event::ChangeStreamEvent,
};

use super::{
    MongoStore,
    calls::{failed, within},
    documents::{project_id, stored_event},
    facts::broken,
    warnings::warning,
};
use empmix_store::{StoreError, Watched};

impl MongoStore {
    pub(super) async fn watch(
        &self,
        project: ProjectId,
    ) -> Result<BoxStream<'static, Watched>, StoreError> {
        let wanted = doc! {"$match": {
            "ns.coll": {"$in": ["events", "warnings"]},
            "operationType": "insert",
            "fullDocument.p": project_id(project),
        }};
        let call = self.db.watch().pipeline([wanted]);
        let call = async { call.await };
        let changes = within(self.options.call_deadline, call).await?;
        let changes = changes.with_type::<ChangeStreamEvent<RawDocumentBuf>>();
        let mut closed = self.closed.subscribe();
        let end = async move {
            // An error says that the store is gone.
            let _ = closed.wait_for(|closed| *closed).await;
        };
        let items = changes
            .map(|change| item(&change.map_err(|error| failed(&error))?))
            .inspect_err(|error| tracing::warn!(%error, "a live view ended"))
            .take_while(|item| std::future::ready(item.is_ok()))
            .filter_map(|item| std::future::ready(item.ok()))
            .map(Ok)
            .take_until(end);
        Ok(stream::StreamExt::boxed(items))
    }
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
