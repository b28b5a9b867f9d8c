//! Running a pipeline, for as long as someone waits for it.

use mongodb::{
    Client,
    bson::{Document, RawDocument, RawDocumentBuf, Timestamp, doc},
    error::Error,
};

use crate::{MongoStore, calls::within};
use empmix_store::StoreError;

impl MongoStore {
    /// Runs a pipeline over the events of a moment and shows each row to `visit`.
    pub(super) async fn each_row(
        &self,
        moment: Option<Timestamp>,
        pipeline: Vec<Document>,
        mut visit: impl FnMut(&RawDocument) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let deadline = self.options.query_deadline;
        let events = self.unmoving::<Document>("events");
        let read = async {
            let mut session = self.session_at(moment).await?;
            let mut cancel = KillOnDrop {
                client: &self.client,
                session: Some(session.id().clone()),
            };
            let mut rows = events
                .aggregate(pipeline)
                .allow_disk_use(true)
                .max_time(deadline)
                .with_type::<RawDocumentBuf>()
                .session(&mut session)
                .await?;
            while let Some(row) = rows.next(&mut session).await {
                visit(&row?).map_err(Error::custom)?;
            }
            cancel.session = None;
            Ok(())
        };
        within(deadline, read).await
    }
}

/// Ends what a session does on the server when its caller no longer waits: the driver only
/// forgets a call that is dropped, and the server would go on until its deadline.
struct KillOnDrop<'a> {
    client: &'a Client,
    session: Option<Document>,
}

impl Drop for KillOnDrop<'_> {
    fn drop(&mut self) {
        let (Some(session), Ok(runtime)) =
            (self.session.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let admin = self.client.database("admin");
        runtime.spawn(async move {
            // The server's deadline ends what this does not.
            let kill = doc! {"killSessions": [session]};

            if let Err(error) = admin.run_command(kill).await {
                tracing::debug!(%error, "an abandoned report could not be ended");
            }
        });
    }
}
