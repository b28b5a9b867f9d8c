//! Which layout the database has, and how an older one becomes the one of this release.
//!
//! The collection `layout` holds `{_id: "database", version}`. A database without it has version 0:
//! it is new, or was written before versions were kept. A version is the number of [`STEPS`] that
//! have run. A step that was released never changes, and every step only *adds*: processes of the
//! release before go on beside it. Running a step again changes nothing, so a crash in the middle is
//! harmless. A newer database is refused: this release does not know what it would destroy.
//!
//! **Lease.** Of several processes that start, one migrates. It holds `{_id: "lease", holder, until}`,
//! which ends [`LEASE_S`] seconds after it was last renewed, by the server's clock; a process that
//! dies keeps the others waiting no longer than that.

use std::time::Duration;

use empmix_backoff::Backoff;
use empmix_model::DAY_MS;
use empmix_store::StoreError;
use futures::{FutureExt, future::BoxFuture};
use mongodb::bson::{DateTime, Document, doc};

use crate::{MongoStore, calls::within, facts::broken};

/// How long a lease lasts.
const LEASE_S: i32 = 30;
/// How often its holder renews it.
const RENEWAL: Duration = Duration::from_secs(10);
/// How long a step may take.
const STEP_DEADLINE: Duration = Duration::from_secs(3600);

type Step = for<'a> fn(&'a MongoStore) -> BoxFuture<'a, Result<(), StoreError>>;

/// The step at place `n` (from 0) takes version `n` to `n + 1`.
const STEPS: [Step; 1] = [|store| store.mark_stored_days().boxed()];

impl MongoStore {
    /// Refuses a database of a newer layout, which is then not changed.
    pub(super) async fn refuse_newer(&self) -> Result<(), StoreError> {
        let (found, known) = (self.version().await?, STEPS.len());
        if found <= known {
            return Ok(());
        }
        Err(StoreError::Storage(format!(
            "the MongoDB database {:?} has layout version {found} and this release reads versions \
             up to {known}: start the newer release, or use another database",
            self.db.name()
        )))
    }

    /// Runs the steps that are missing, unless another process does: then it waits for that one.
    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        let mut wait = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        while self.version().await? < STEPS.len() {
            if self.take_lease().await? {
                let ran = tokio::select! {
                    ran = self.run_steps() => ran,
                    lost = self.keep_lease() => lost,
                };
                self.give_lease_back().await?;
                return ran;
            }
            tokio::time::sleep(wait.next_delay()).await;
        }
        Ok(())
    }

    async fn run_steps(&self) -> Result<(), StoreError> {
        let done = self.version().await?;
        for (version, step) in (1_i64..).zip(STEPS).skip(done) {
            tracing::info!(version, "migrating the MongoDB database");
            step(self).await?;
            // A process that lost its lease must not take back what a newer release wrote.
            let at_least = doc! {"$max": {"version": version}};
            self.change_layout(doc! {"_id": "database"}, at_least.into(), true)
                .await?;
        }
        Ok(())
    }

    async fn version(&self) -> Result<usize, StoreError> {
        let layout = self.newest("layout");
        let call = layout.find_one(doc! {"_id": "database"});
        let Some(found) = within(self.options.call_deadline, call).await? else {
            return Ok(0);
        };
        let version = found.get_i64("version").ok();
        version
            .and_then(|version| usize::try_from(version).ok())
            .ok_or_else(|| broken("the layout's version"))
    }

    /// Whether this process holds the lease now.
    async fn take_lease(&self) -> Result<bool, StoreError> {
        let blank = doc! {"$setOnInsert": {"until": DateTime::from_millis(0)}};
        self.change_layout(doc! {"_id": "lease"}, blank.into(), true)
            .await?;
        let free = doc! {"$or": [
            {"$eq": ["$holder", self.process]},
            {"$lt": ["$until", "$$NOW"]},
        ]};
        self.extend_lease(free).await
    }

    /// Renews the lease for as long as it is awaited; returns only when it is lost.
    async fn keep_lease(&self) -> Result<(), StoreError> {
        loop {
            tokio::time::sleep(RENEWAL).await;
            if !self
                .extend_lease(doc! {"$eq": ["$holder", self.process]})
                .await?
            {
                return Err(StoreError::Unavailable(
                    "another process migrates the MongoDB database".into(),
                ));
            }
        }
    }

    async fn extend_lease(&self, condition: Document) -> Result<bool, StoreError> {
        let until = doc! {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": LEASE_S}};
        let set = doc! {"$set": {"holder": self.process, "until": until}};
        let lease = doc! {"_id": "lease", "$expr": condition};
        self.change_layout(lease, vec![set].into(), false).await
    }

    async fn give_lease_back(&self) -> Result<(), StoreError> {
        let ended = doc! {"$set": {"until": DateTime::from_millis(0)}};
        let lease = doc! {"_id": "lease", "holder": self.process};
        self.change_layout(lease, ended.into(), false).await?;
        Ok(())
    }

    /// Whether there was a document to change.
    async fn change_layout(
        &self,
        filter: Document,
        change: mongodb::options::UpdateModifications,
        upsert: bool,
    ) -> Result<bool, StoreError> {
        let layout = self.collection("layout");
        let call = layout.update_one(filter, change).upsert(upsert);
        let changed = within(self.options.call_deadline, call).await?;
        Ok(changed.matched_count > 0)
    }

    /// Version 1: every day that holds events has its mark in `days`, also those that were written
    /// before marks were kept.
    async fn mark_stored_days(&self) -> Result<(), StoreError> {
        let day = doc! {"$toLong": {"$floor": {"$divide": [{"$toLong": "$t"}, DAY_MS]}}};
        let marks = vec![
            doc! {"$group": {"_id": {"p": "$p", "day": day}}},
            doc! {"$project": {"v": {"$literal": 1_i64}}},
            doc! {"$merge": {"into": "days", "whenMatched": "keepExisting"}},
        ];
        let events = self.collection("events");
        let call = events
            .aggregate(marks)
            .allow_disk_use(true)
            .max_time(STEP_DEADLINE);
        within(STEP_DEADLINE, call).await.map(|_| ())
    }
}
