//! A batch, in the order that makes any crash harmless.
//!
//! 1. Instructions are inserted; the facts of those whose content is the stored one are applied.
//! 2. Events are inserted, stamped with the users of now.
//! 3. If facts were applied meanwhile, the users are read again; events of this batch that carry another
//!    one are stamped again.
//! 4. The days of the events are marked, warnings, job parts.
//!
//! No step reads what earlier batches stored, except by key. Events of earlier batches whose user
//! changed are stamped again beside the writes ([`restamp`](super::restamp)).
//!
//! Whatever a crash leaves out is done when the batch is delivered again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use empmix_model::{
    DAY_MS,
    envelope::Envelope,
    identity::{Fact, facts_of},
    ids::ProjectId,
    item::{Event, Item},
    warning::Warning,
};
use mongodb::bson::Binary;

use super::{
    MongoStore,
    documents::{self, Row},
    warnings::{self, MessageWarnings},
};
use empmix_store::{Batch, ItemOutcome, StoreError, Written, wording};

/// Where an item stands in the batch: envelope, item.
type Place = (usize, usize);

/// An event that is stored, and the user that it is stamped with.
struct Stamped<'a> {
    id: Binary,
    distinct_id: &'a str,
    user: String,
}

impl MongoStore {
    /// Writes a batch; see the module's docs.
    pub(super) async fn write_batch(&self, batch: &Batch) -> Result<Written, StoreError> {
        let blank = |envelope: &Envelope| vec![ItemOutcome::Stored; envelope.items.len()];
        let mut written = Written {
            outcomes: batch.envelopes.iter().map(blank).collect(),
        };
        self.write_instructions(batch, &mut written).await?;
        self.write_events(batch, &mut written).await?;
        self.mark_days(batch.project, days_of(batch, &written))
            .await?;
        self.warn(batch.project, warnings_of(batch, &written))
            .await?;
        let parts: Vec<_> = batch
            .envelopes
            .iter()
            .filter_map(|envelope| envelope.job)
            .collect();
        self.mark_parts(&parts, "stored").await?;
        Ok(written)
    }

    async fn write_instructions(
        &self,
        batch: &Batch,
        written: &mut Written,
    ) -> Result<(), StoreError> {
        let (mut places, mut rows, mut facts) = (Vec::new(), Vec::new(), Vec::new());
        for (place, envelope, item) in items(batch) {
            if let Item::Instruction(instruction) = item {
                places.push(place);
                rows.push(documents::instruction((place.0, envelope), instruction)?);
                facts.push(facts_of(instruction, envelope.fact_key(place.1)));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let _turn = self.order.wait(batch.project).await;
        let inserted = self.insert("instructions", &mut rows).await?;
        let mut said: Vec<Fact> = Vec::new();
        for ((place, outcome), facts) in places.into_iter().zip(inserted.outcomes).zip(facts) {
            written.outcomes[place.0][place.1] = outcome;
            // A copy counts too: of equal items the smallest key is the fact's.
            if !matches!(outcome, ItemOutcome::Conflict | ItemOutcome::Poison) {
                said.extend(facts);
            }
        }
        self.apply_facts(batch.project, said).await
    }

    async fn write_events(&self, batch: &Batch, written: &mut Written) -> Result<(), StoreError> {
        let events: Vec<_> = events(batch).collect();
        if events.is_empty() {
            return Ok(());
        }
        // Before the users are read.
        let identity = self.identity_version(batch.project).await?;
        let ids: BTreeSet<&str> = events
            .iter()
            .map(|(_, _, event)| event.distinct_id.as_str())
            .collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let users = match identity {
            // No fact was ever applied: each id is its own user.
            0 => HashMap::new(),
            _ => self.users(batch.project, &ids).await?,
        };
        let user_of = |event: &Event| {
            users
                .get(&event.distinct_id)
                .unwrap_or(&event.distinct_id)
                .clone()
        };
        let mut rows: Vec<Row> = events
            .iter()
            .map(|(place, envelope, event)| {
                documents::event((place.0, envelope), event, &user_of(event))
            })
            .collect::<Result<_, _>>()?;
        let mut inserted = self.insert("events", &mut rows).await?;
        let mut stamped = Vec::new();
        for (((place, _, event), row), outcome) in events.iter().zip(rows).zip(inserted.outcomes) {
            written.outcomes[place.0][place.1] = outcome;
            if matches!(outcome, ItemOutcome::Conflict | ItemOutcome::Poison) {
                continue;
            }
            let before = inserted.stamped.remove(&row.id.bytes);
            stamped.push(Stamped {
                id: row.id,
                distinct_id: &event.distinct_id,
                user: before.unwrap_or_else(|| user_of(event)),
            });
        }
        let users_of_now = match self.identity_version(batch.project).await? {
            now if now == identity => users,
            _ => self.users(batch.project, &ids).await?,
        };
        self.correct(batch.project, users_of_now, &ids, stamped)
            .await
    }

    /// Stamps events of this batch again until the users that they carry are those of now.
    async fn correct(
        &self,
        project: ProjectId,
        mut users: HashMap<String, String>,
        ids: &[&str],
        mut stamped: Vec<Stamped<'_>>,
    ) -> Result<(), StoreError> {
        loop {
            let mut wrong: BTreeMap<String, Vec<Binary>> = BTreeMap::new();
            for event in &mut stamped {
                let now = users
                    .get(event.distinct_id)
                    .map_or(event.distinct_id, String::as_str);
                if event.user != now {
                    event.user = now.to_owned();
                    wrong
                        .entry(now.to_owned())
                        .or_default()
                        .push(event.id.clone());
                }
            }
            if wrong.is_empty() {
                return Ok(());
            }
            let wrong = wrong.iter().map(|(user, ids)| (user.as_str(), ids.clone()));
            self.set_users(wrong.collect()).await?;
            users = self.users(project, ids).await?;
        }
    }
}

/// The batch's items with their places.
fn items(batch: &Batch) -> impl Iterator<Item = (Place, &Envelope, &Item)> {
    batch
        .envelopes
        .iter()
        .enumerate()
        .flat_map(|(at, envelope)| {
            let items = envelope.items.iter().enumerate();
            items.map(move |(index, item)| ((at, index), envelope, item))
        })
}

fn events(batch: &Batch) -> impl Iterator<Item = (Place, &Envelope, &Event)> {
    items(batch).filter_map(|(place, envelope, item)| match item {
        Item::Event(event) => Some((place, envelope, event)),
        Item::Instruction(_) => None,
    })
}

/// The UTC days of the events that this message stored, now or in an earlier delivery.
fn days_of(batch: &Batch, written: &Written) -> BTreeSet<i64> {
    let stored = events(batch).filter(|(place, _, _)| {
        let outcome = written.outcomes[place.0][place.1];
        matches!(outcome, ItemOutcome::Stored | ItemOutcome::Redelivered)
    });
    let days = stored.map(|(_, _, event)| event.time.div_euclid(DAY_MS));
    days.collect()
}

/// What each message warns of, those that warn of nothing left out.
fn warnings_of(batch: &Batch, written: &Written) -> Vec<MessageWarnings> {
    let mut conflicts: HashMap<usize, Vec<Warning>> = HashMap::new();
    for ((at, index), envelope, item) in items(batch) {
        if written.outcomes[at][index] == ItemOutcome::Conflict {
            conflicts
                .entry(at)
                .or_default()
                .push(warnings::conflict(envelope, item));
        }
    }
    let of = |(at, envelope): (usize, &Envelope)| MessageWarnings {
        message: envelope.message_id,
        warnings: wording::of_envelope(envelope)
            .into_iter()
            .chain(conflicts.remove(&at).unwrap_or_default())
            .collect(),
    };
    let all = batch.envelopes.iter().enumerate().map(of);
    all.filter(|message| !message.warnings.is_empty()).collect()
}
