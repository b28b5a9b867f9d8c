//! A queue in a folder of its own, and a store in memory that fails as it is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use empmix_alarm::Alarm;
use empmix_broker::{Broker, EmbeddedBroker, Message, Queue, embedded::EmbeddedOptions};
use empmix_consumer::{Consumer, ConsumerError, LetterMover, SetAside};
use empmix_model::{
    dead::{DeadLetter, DeadReason, LetterId},
    ids::ProjectId,
    item::Item,
};
use empmix_store::{
    Batch, DeadLetters, EventSink, ItemOutcome, Sink, StoreError, Written,
    contract::fixtures::{NOON, event, message},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Projects with names, for tests: one is well, the others are not.
pub(crate) const WELL: ProjectId = ProjectId([1; 8]);
pub(crate) const SICK: ProjectId = ProjectId([2; 8]);
pub(crate) const UNKNOWN: ProjectId = ProjectId([3; 8]);

/// What a store in memory holds, and how it fails.
#[derive(Default)]
pub(crate) struct StoreState {
    pub(crate) stored: BTreeSet<(ProjectId, String)>,
    pub(crate) letters: BTreeMap<LetterId, DeadLetter>,
    pub(crate) tries: BTreeMap<LetterId, u32>,
    /// The store is unreachable for this many writes.
    pub(crate) away: usize,
    /// Writes of [`SICK`] fail.
    pub(crate) sick: bool,
    /// Its files are damaged.
    pub(crate) damaged: bool,
    /// The insert id of an item that is refused, and of one that ends the process.
    pub(crate) poison: Option<String>,
    pub(crate) bomb: Option<String>,
    pub(crate) writes: usize,
    /// Writes that run now, and the most that ever ran.
    pub(crate) running: usize,
    pub(crate) most_running: usize,
    /// A write ran beside a counted try, which would be blamed for what the other does.
    pub(crate) try_had_company: bool,
}

/// A write that runs.
struct Write<'a>(&'a Memory);

impl<'a> Write<'a> {
    fn begin(store: &'a Memory) -> Self {
        let mut held = store.state();
        held.writes += 1;
        held.running += 1;
        held.most_running = held.most_running.max(held.running);
        held.try_had_company |= held.running > 1 && !held.tries.is_empty();
        Self(store)
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
    }
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<StoreState>);

impl Memory {
    pub(crate) fn state(&self) -> MutexGuard<'_, StoreState> {
        // A bomb that went off leaves nothing half done.
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn stored(&self, project: ProjectId) -> usize {
        let held = self.state();
        held.stored.iter().filter(|(of, _)| *of == project).count()
    }

    pub(crate) fn reasons(&self) -> Vec<DeadReason> {
        self.state()
            .letters
            .values()
            .map(|letter| letter.reason)
            .collect()
    }
}

pub(crate) fn insert_id(item: &Item) -> &str {
    match item {
        Item::Event(event) => &event.insert_id,
        Item::Instruction(instruction) => &instruction.insert_id,
    }
}

#[async_trait]
impl EventSink for Memory {
    async fn write(&self, batch: Batch) -> Result<Written, StoreError> {
        let _write = Write::begin(self);
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut held = self.state();
        if held.damaged {
            return Err(StoreError::Storage("the disk failed".into()));
        }
        if held.away > 0 {
            held.away -= 1;
            return Err(StoreError::Unavailable("no answer".into()));
        }
        match batch.project {
            UNKNOWN => return Err(StoreError::NotFound("the project")),
            SICK if held.sick => return Err(StoreError::Unavailable("too slow".into())),
            _ => {}
        }
        let mut outcomes = Vec::new();
        for envelope in &batch.envelopes {
            let items = envelope.items.iter().map(insert_id);
            let bomb = held.bomb.clone();
            assert!(
                items.clone().all(|id| Some(id) != bomb.as_deref()),
                "a bomb"
            );
            let of = items.map(|id| {
                if held.poison.as_deref() == Some(id) {
                    return ItemOutcome::Poison;
                }
                match held.stored.insert((batch.project, id.to_owned())) {
                    true => ItemOutcome::Stored,
                    false => ItemOutcome::Redelivered,
                }
            });
            outcomes.push(of.collect());
        }
        Ok(Written { outcomes })
    }
}

#[async_trait]
impl DeadLetters for Memory {
    async fn keep_letters(&self, letters: &[DeadLetter]) -> Result<(), StoreError> {
        let kept = letters.iter().map(|letter| (letter.id(), letter.clone()));
        self.state().letters.extend(kept);
        Ok(())
    }

    async fn dead_letters(&self, _: usize) -> Result<Vec<DeadLetter>, StoreError> {
        Ok(self.state().letters.values().cloned().collect())
    }

    async fn begin_try(&self, item: LetterId) -> Result<u32, StoreError> {
        let mut held = self.state();
        held.try_had_company |= held.running > 0;
        let tries = held.tries.entry(item).or_default();
        *tries += 1;
        Ok(*tries - 1)
    }

    async fn end_tries(&self, items: &[LetterId]) -> Result<(), StoreError> {
        let mut held = self.state();
        for item in items {
            held.tries.remove(item);
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for Memory {
    async fn check(&self) -> Result<(), StoreError> {
        let held = self.state();
        match (held.damaged, held.away) {
            (true, _) => Err(StoreError::Storage("the disk failed".into())),
            (false, 0) => Ok(()),
            (false, _) => Err(StoreError::Unavailable("no answer".into())),
        }
    }
}

/// A queue in a folder of its own, and a store in memory.
pub(crate) struct Bench {
    pub(crate) broker: Arc<EmbeddedBroker>,
    pub(crate) store: Arc<Memory>,
    pub(crate) set_aside: SetAside,
    pub(crate) alarm: Alarm,
    pub(crate) _folder: TempDir,
}

/// A consumer that runs.
pub(crate) struct Running {
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), ConsumerError>>,
}

impl Running {
    /// Stops it; it must end soon.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.task).await;
        ended
            .expect("it ends")
            .expect("no panic")
            .expect("no error");
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with_limit(1 << 30)
    }

    pub(crate) fn with_limit(queue_max_bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            queue_max_bytes,
            ..EmbeddedOptions::default()
        };
        let broker = EmbeddedBroker::open(&folder.path().join("queue.sqlite"), options).unwrap();
        Self {
            broker: Arc::new(broker),
            store: Arc::default(),
            set_aside: SetAside::default(),
            alarm: Alarm::default(),
            _folder: folder,
        }
    }

    pub(crate) fn consume(&self) -> Running {
        let stop = CancellationToken::new();
        let consumer = Consumer {
            broker: self.broker.clone(),
            store: self.store.clone(),
            stop: stop.clone(),
            set_aside: self.set_aside.clone(),
            alarm: self.alarm.clone(),
        };
        let task = tokio::spawn(consumer.run());
        Running { stop, task }
    }

    /// Delivers what waits some times while the store is unreachable.
    pub(crate) async fn deliver_without_ack(&self, times: usize) {
        self.store.state().away = usize::MAX;
        for _ in 0..times {
            let before = self.store.state().writes;
            let running = self.consume();
            self.until("a try", |store| store.state().writes > before)
                .await;
            running.stop().await;
        }
        self.store.state().away = 0;
    }

    pub(crate) fn move_letters(&self) -> Running {
        let stop = CancellationToken::new();
        let mover = LetterMover {
            broker: self.broker.clone(),
            store: self.store.clone(),
            stop: stop.clone(),
            alarm: self.alarm.clone(),
        };
        let task = tokio::spawn(mover.run());
        Running { stop, task }
    }

    /// Publishes a message with one event for each insert id.
    pub(crate) async fn publish(&self, number: u32, project: ProjectId, ids: &[&str]) {
        let message = Self::message(number, project, ids);
        self.broker.publish(Queue::Events, message).await.unwrap();
    }

    pub(crate) fn message(number: u32, project: ProjectId, ids: &[&str]) -> Message {
        let events = ids
            .iter()
            .map(|id| Item::Event(event(id, "u", "view", NOON)));
        let envelope = message(project, number, events.collect());
        let body = serde_json::to_vec(&envelope).unwrap();
        Message {
            id: envelope.message_id,
            body: body.into(),
        }
    }

    pub(crate) async fn publish_bytes(&self, id: uuid::Uuid, body: Vec<u8>) {
        let message = Message {
            id,
            body: body.into(),
        };
        self.broker.publish(Queue::Events, message).await.unwrap();
    }

    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut(&Memory) -> bool) {
        for _ in 0..1_500 {
            if is_so(&self.store) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{what} did not happen within 30 s");
    }

    pub(crate) async fn until_empty(&self, queue: Queue) {
        for _ in 0..1_500 {
            let depth = self.broker.depth(queue).await.unwrap();
            if depth.ready + depth.unacked == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{queue:?} is not empty after 30 s");
    }
}
