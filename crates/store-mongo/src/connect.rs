//! From a URI to a client whose promises cannot be weakened.
//!
//! Whatever the URI says, writes are acknowledged by a majority and by its journals, and retried
//! once: anything less loses acknowledged events when a server is killed. What had to be overruled
//! is a warning in the log.

use std::time::Duration;

use empmix_alarm::Alarm;
use mongodb::{
    Client, Database,
    options::{
        Acknowledgment, ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
    },
};

use empmix_store::StoreError;

/// The database when the URI's path names none.
const DEFAULT_DATABASE: &str = "empmix";
const SERVER_SELECTION: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(5);
/// Connections to a server unless the URI says otherwise. Each call that waits for the server holds
/// one, and so does each project that is watched; the driver's own limit of 10 is soon used up.
const CONNECTIONS: u32 = 100;

/// How a store talks to its server.
#[derive(Debug, Clone)]
pub struct MongoOptions {
    /// The name that the server's log shows, at most 128 bytes.
    pub app_name: String,
    /// How long a write or a small read may take.
    pub call_deadline: Duration,
    /// How long a report may take.
    pub query_deadline: Duration,
    /// Raised when one of its tasks ends by itself.
    pub alarm: Alarm,
}

impl Default for MongoOptions {
    fn default() -> Self {
        Self {
            app_name: "empmix".into(),
            call_deadline: Duration::from_secs(10),
            query_deadline: Duration::from_secs(60),
            alarm: Alarm::default(),
        }
    }
}

impl MongoOptions {
    /// Acknowledged by a majority and in its journals.
    pub(super) fn durable(&self) -> WriteConcern {
        let members = match self.alarm.is_sabotaged("majority") {
            true => Acknowledgment::Nodes(1),
            false => Acknowledgment::Majority,
        };
        WriteConcern::builder().w(members).journal(true).build()
    }
}

/// Makes the client; it connects when it is first used.
pub(super) async fn database(
    uri: &str,
    options: &MongoOptions,
) -> Result<(Client, Database), StoreError> {
    let unreadable =
        |error: mongodb::error::Error| StoreError::Unavailable(without_secret(uri, &error));
    // Reading an `srv` URI asks the name server.
    let parsed = tokio::time::timeout(options.call_deadline, ClientOptions::parse(uri)).await;
    let mut client_options = parsed
        .map_err(|_| StoreError::Unavailable("the name server did not answer in time".into()))?
        .map_err(unreadable)?;
    for weakened in force_durability(&mut client_options, options.durable()) {
        tracing::warn!("the MongoDB URI weakens durability: {weakened}");
    }
    client_options.app_name = Some(options.app_name.clone());
    client_options.server_selection_timeout = Some(SERVER_SELECTION);
    client_options.connect_timeout = Some(CONNECT);
    client_options.max_pool_size.get_or_insert(CONNECTIONS);
    let name = client_options
        .default_database
        .clone()
        .unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    let client = Client::with_options(client_options).map_err(unreadable)?;
    let database = client.database(&name);
    Ok((client, database))
}

/// Majority and journal for writes, majority for reads, from the primary; returns what was overruled.
fn force_durability(options: &mut ClientOptions, durable: WriteConcern) -> Vec<String> {
    let mut overruled = Vec::new();
    if let Some(asked) = &options.write_concern {
        if asked
            .w
            .as_ref()
            .is_some_and(|w| *w != Acknowledgment::Majority)
        {
            overruled.push("`w` is not majority; majority is used".to_owned());
        }
        if asked.journal == Some(false) {
            overruled.push("`journal` is off; it is used".to_owned());
        }
    }
    if options.retry_writes == Some(false) {
        overruled.push("`retryWrites` is off; writes are retried".to_owned());
    }
    let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
    if options
        .selection_criteria
        .as_ref()
        .is_some_and(|asked| *asked != primary)
    {
        overruled.push("`readPreference` is not primary; the primary is read".to_owned());
    }
    options.write_concern = Some(durable);
    options.read_concern = Some(ReadConcern::majority());
    options.retry_writes = Some(true);
    options.selection_criteria = Some(primary);
    overruled
}

/// The error as text, without what stands between `://` and `@`.
fn without_secret(uri: &str, error: &mongodb::error::Error) -> String {
    let credentials = uri
        .split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'))
        .map(|(credentials, _)| credentials);
    let mut text = error.to_string();
    for secret in credentials.into_iter().flat_map(|both| {
        let password = both.split_once(':').map(|(_, password)| password);
        std::iter::once(both).chain(password)
    }) {
        if !secret.is_empty() {
            text = text.replace(secret, "…");
        }
    }
    format!("the MongoDB URI cannot be used: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn forced(query: &str) -> (ClientOptions, Vec<String>) {
        let mut options = ClientOptions::parse(format!("mongodb://h/?{query}"))
            .await
            .unwrap();
        let overruled = force_durability(&mut options, MongoOptions::default().durable());
        (options, overruled)
    }

    #[tokio::test]
    async fn a_uri_cannot_weaken_what_is_promised() {
        for weak in [
            "w=1",
            "w=0",
            "w=majority&journal=false",
            "retryWrites=false",
        ] {
            let (options, overruled) = forced(weak).await;
            assert_eq!(overruled.len(), 1, "{weak}");
            let durable = MongoOptions::default().durable();
            assert_eq!(options.write_concern, Some(durable), "{weak}");
            assert_eq!(options.retry_writes, Some(true), "{weak}");
        }
        let (options, overruled) = forced("readPreference=secondary").await;
        assert_eq!(overruled.len(), 1);
        assert_eq!(
            options.selection_criteria,
            Some(SelectionCriteria::ReadPreference(ReadPreference::Primary))
        );
        assert_eq!(
            forced("w=majority&journal=true").await.1,
            Vec::<String>::new()
        );
    }

    #[tokio::test]
    async fn no_error_shows_a_password() {
        for uri in [
            "mongodb://user:s3cret/x@host/",
            "mongodb://user:s3cret@host:notaport/",
            "mongodb://user:s3cret@/?w=-7",
            "mongodb://user:s3cret@host/?authMechanism=s3cret",
        ] {
            let error = database(uri, &MongoOptions::default()).await.err();
            let shown = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
