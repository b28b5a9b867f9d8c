//! The store in MongoDB: one database, shared by every process of an installation.
//!
//! | collection | `_id` | holds |
//! | --- | --- | --- |
//! | `events` | project ‖ item hash (24 bytes) | see `documents` |
//! | `instructions` | project ‖ item hash | instructions about users, once each |
//! | `links` | `{p, a, s, d}` | every link ever said: earliest key `k`, item `i`, refusal `f` or null |
//! | `ids` | `{p, d}` | ids that a fact names: user `u`, key `k` of the earliest identification |
//! | `days` | `{p, day}` | how often events of a day were stored, see [`schema`] |
//! | `warnings` | what makes it one, so that a repeat changes nothing | bounded per project |
//! | `projects`, `keys` | project | the catalogue; `identity_version` serialises facts |
//! | `records` | `{p, k, i}` | saved reports, boards and the like: version and body |
//! | `dead_letters`, `tries` | letter, item | items that are never accepted; see [`dead_letters`] |
//! | `jobs` | job, or an object id | imports; users that are being stamped again |
//! | `job_parts` | `{j, n}` | parts of an import: accepted, stored |
//! | `layout` | `database`, `lease` | the version of all of these, see [`layout`] |
//!
//! **Durability.** Every write is acknowledged by a majority and its journals ([`connect`]), every
//! call has a deadline ([`calls`]); an unknown outcome is `Unavailable`, and writing again changes
//! nothing.
//!
//! **Identity.** New facts of a project are applied in a transaction that counts up its
//! `identity_version`, so two consumers take turns. It folds the connected component of the ids
//! that the facts name, and writes results, users and a *restamp* job: the ids whose user
//! changed. The job then sets `u` on their events. Until it is done, readers resolve those ids
//! themselves, so answers are right from the transaction on. An event that was inserted with the
//! user of a moment ago is found by reading the users again after the insert.
//!
//! **Reads** are aggregation pipelines: instants and values as literals, never a zone name, never
//! a value in the place of a path or an operator. Events are read from a [`snapshot`], since they are
//! stamped meanwhile.

mod api;
mod calls;
mod catalogue;
mod connect;
mod dead_letters;
mod documents;
mod events;
mod facts;
mod identity;
mod indexes;
mod insert;
mod jobs;
mod layout;
mod live;
mod names;
mod prepare;
mod query;
mod records;
mod restamp;
mod schema;
mod sessions;
mod snapshot;
mod users;
mod values;
mod warnings;
mod write;

use std::sync::Arc;

use empmix_model::ids::ProjectId;
use mongodb::{
    Client, Database,
    bson::{Document, doc, oid::ObjectId},
};
use tokio::sync::{Notify, watch};

pub use connect::MongoOptions;

use calls::within;
use empmix_store::StoreError;
use prepare::Preparation;

/// A store in MongoDB. A replica set (of one, too) is needed; a standalone server is refused.
#[derive(Debug)]
pub struct MongoStore {
    client: Client,
    db: Database,
    options: MongoOptions,
    /// Who this process is to others that share the database.
    process: ObjectId,
    preparation: Arc<Preparation>,
    closed: watch::Sender<bool>,
    schemas: schema::Slices,
    streams: live::Streams,
    refused: warnings::Refused,
    /// Wakes the task that stamps events again.
    moved: Arc<Notify>,
    order: identity::Order,
}

impl MongoStore {
    /// A store in the database that the URI's path names, by default `empmix`. Returns also while
    /// the server is unreachable: a call then fails with `Unavailable` until it is back.
    ///
    /// # Errors
    /// `Unavailable` when the URI cannot be read (an `srv` URI: when its name is not found).
    pub async fn connect(uri: &str, options: MongoOptions) -> Result<Self, StoreError> {
        let (client, db) = connect::database(uri, &options).await?;
        let store = Self {
            client,
            db,
            options,
            process: ObjectId::new(),
            preparation: Arc::default(),
            closed: watch::Sender::new(false),
            schemas: schema::Slices::default(),
            streams: live::Streams::default(),
            refused: warnings::Refused::default(),
            moved: Arc::default(),
            order: identity::Order::default(),
        };
        store.prepare_and_resume();
        Ok(store)
    }

    /// The same store for a task beside this one, over the same connections.
    fn beside(&self) -> Self {
        Self {
            client: self.client.clone(),
            db: self.db.clone(),
            options: self.options.clone(),
            process: self.process,
            preparation: Arc::clone(&self.preparation),
            closed: watch::Sender::new(false),
            schemas: schema::Slices::default(),
            streams: live::Streams::default(),
            refused: warnings::Refused::default(),
            moved: Arc::clone(&self.moved),
            order: identity::Order::default(),
        }
    }

    /// Makes what is missing of collections and indexes.
    async fn make_collections(&self) -> Result<(), StoreError> {
        for (name, indexes) in indexes::all() {
            if indexes.is_empty() {
                self.make_collection(name).await?;
            } else {
                let collection = self.collection(name);
                let call = collection.create_indexes(indexes);
                within(self.options.query_deadline, call).await?;
            }
        }
        Ok(())
    }

    /// A transaction may not make a collection while another does.
    async fn make_collection(&self, name: &str) -> Result<(), StoreError> {
        const EXISTS: i32 = 48;
        let call = self.db.create_collection(name);
        match calls::answered(self.options.call_deadline, call).await? {
            Ok(()) => Ok(()),
            Err(error) => match error.kind.as_ref() {
                mongodb::error::ErrorKind::Command(command) if command.code == EXISTS => Ok(()),
                _ => Err(calls::failed(&error)),
            },
        }
    }

    /// Refuses a server that cannot do what is needed.
    async fn replica_set(&self) -> Result<(), StoreError> {
        let hello = self.run(doc! {"hello": 1}).await?;
        match unfit(&hello) {
            None => Ok(()),
            Some(reason) => Err(StoreError::Unavailable(reason.into())),
        }
    }

    async fn run(&self, command: Document) -> Result<Document, StoreError> {
        within(self.options.call_deadline, self.db.run_command(command)).await
    }

    fn collection(&self, name: &str) -> mongodb::Collection<Document> {
        self.db.collection(name)
    }

    /// Fails with `NotFound` for a project that does not exist.
    async fn known(&self, project: ProjectId) -> Result<(), StoreError> {
        self.identity_version(project).await.map(drop)
    }

    /// Counts the transactions that changed the identities of a project; `NotFound` without it.
    async fn identity_version(&self, project: ProjectId) -> Result<i64, StoreError> {
        let projects = self.newest("projects");
        let call = projects
            .find_one(doc! {"_id": documents::project_id(project)})
            .projection(doc! {"identity_version": 1});
        let found = within(self.options.call_deadline, call).await?;
        let project = found.ok_or(StoreError::NotFound("the project"))?;
        match project.get("identity_version") {
            None => Ok(0),
            Some(version) => version
                .as_i64()
                .ok_or_else(|| facts::broken("the identity version of a project")),
        }
    }
}

/// Why a server that says this of itself cannot be used: it has no transactions, no primary, or no reads of
/// a snapshot (before 5.0).
fn unfit(hello: &Document) -> Option<&'static str> {
    const SNAPSHOT_READS: i32 = 13;
    let is_member = hello.contains_key("setName");
    let is_router = hello.get_str("msg") == Ok("isdbgrid");
    if hello.get_i32("maxWireVersion").unwrap_or(0) < SNAPSHOT_READS {
        Some("this MongoDB is too old; Emp-Mix needs version 5.0 or later")
    } else if !is_member && !is_router {
        Some(
            "this MongoDB is a standalone server; Emp-Mix needs a replica set (one member is enough: start \
             mongod with --replSet and run rs.initiate())",
        )
    } else if hello.get_bool("isWritablePrimary") != Ok(true) {
        Some("the replica set has no primary")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_cannot_be_used_is_refused_with_the_reason() {
        let fit = doc! {"setName": "rs", "isWritablePrimary": true, "maxWireVersion": 13};
        assert_eq!(unfit(&fit), None);
        let without = |field: &str| {
            let mut hello = fit.clone();
            hello.remove(field);
            unfit(&hello).unwrap_or_default()
        };
        assert!(without("maxWireVersion").contains("5.0"));
        assert!(without("setName").contains("replica set"));
        assert!(without("isWritablePrimary").contains("no primary"));
    }
}
