//! What is stored from now on: a change stream, as long as someone watches.
//!
//! Nothing is buffered here: the server keeps the watcher's place. One that falls behind what the
//! server remembers has lost its place, and its stream ends.

use empmix_model::{ids::ProjectId, stored::LiveItem};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use mongodb::{
    bson::{Document, RawDocumentBuf, doc},
    change_stream::event::ChangeStreamEvent,
};

use super::{
    MongoStore,
    calls::within,
    documents::{project_id, stored_event},
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
            .take_while(|change| std::future::ready(change.is_ok()))
            .filter_map(|change| std::future::ready(change.ok().and_then(|change| item(&change))))
            .map(Ok)
            .take_until(end);
        Ok(stream::StreamExt::boxed(items))
    }
}

fn item(change: &ChangeStreamEvent<RawDocumentBuf>) -> Option<LiveItem> {
    let document = change.full_document.as_ref()?;
    let collection = change.ns.as_ref()?.coll.as_deref()?;
    if collection == "events" {
        return stored_event(document).ok().map(LiveItem::Event);
    }
    let document = Document::try_from(document.as_ref()).ok()?;
    warning(&document).ok().map(LiveItem::Warning)
}
