//! [`EmbeddedBroker`].

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

use async_trait::async_trait;
use empmix_alarm::Guard;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::batch::{Counters, load_attempts};
use super::command::{Read, Write};
use super::delivery_state::DeliveryState;
use super::options::EmbeddedOptions;
use super::reader::Reader;
use super::record::cost;
use super::schema;
use super::shared::{QueueShared, Shared};
use super::subscription::EmbeddedSubscription;
use super::writer::Writer;
use crate::{Broker, BrokerError, BrokerState, Message, Queue, QueueDepth, Subscription};

/// The limit of bodies waiting for the writing thread, in KiB (each message counts 1 KiB more).
const WAITING_KIB: u32 = 64 * 1024;

/// The channels to the two threads, which end when the last handle is dropped.
#[derive(Debug)]
pub(super) struct QueueHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) writes: Sender<Write>,
    pub(super) reads: Sender<Read>,
}

/// A durable queue in one SQLite file; the module's documentation describes its design.
#[derive(Debug)]
pub struct EmbeddedBroker {
    handle: Arc<QueueHandle>,
    /// Limits the bodies that wait for the writing thread.
    waiting: Arc<Semaphore>,
}

impl EmbeddedBroker {
    /// Opens the queue in the file at `path`, or creates it if there is none; its folder must exist.
    /// Blocks while SQLite recovers.
    ///
    /// # Errors
    /// `Unavailable` if another process has it open; `Storage` if the file is damaged, has a newer
    /// format, or is not a queue.
    pub fn open(path: &Path, options: EmbeddedOptions) -> Result<Self, BrokerError> {
        let lock = schema::lock(path)?;
        let connection = schema::open_writer(path)?;
        let reading = schema::open_reader(path)?;
        let storage = |error: rusqlite::Error| BrokerError::Storage(error.to_string());
        let counters = Counters::load(&connection).map_err(storage)?;
        let attempts = |queue| load_attempts(&connection, queue).map_err(storage);
        let guards = (
            options.alarm.guard("queue writer"),
            options.alarm.guard("queue reader"),
        );
        let shared = Arc::new(Shared::new(
            options,
            QueueShared::new(
                DeliveryState::new(counters.events.messages, attempts(Queue::Events)?),
                counters.events.bytes,
            ),
            QueueShared::new(
                DeliveryState::new(counters.dead.messages, attempts(Queue::Dead)?),
                counters.dead.bytes,
            ),
        ));
        let (writes, write_commands) = mpsc::channel();
        let (reads, read_commands) = mpsc::channel();
        let writer = Writer::new(connection, counters, write_commands, shared.clone(), lock);
        let reader = Reader::new(reading, read_commands, writes.clone(), shared.clone());
        spawn("queue-writer", guards.0, move |guard| writer.run(guard))?;
        spawn("queue-reader", guards.1, move |guard| reader.run(guard))?;
        Ok(Self {
            handle: Arc::new(QueueHandle {
                shared,
                writes,
                reads,
            }),
            waiting: Arc::new(Semaphore::new(WAITING_KIB as usize)),
        })
    }

    async fn send(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        let shared = &self.handle.shared;
        let kib = u32::try_from(message.body.len() / 1024 + 1).unwrap_or(WAITING_KIB);
        let permit = self
            .waiting
            .clone()
            .acquire_many_owned(kib.min(WAITING_KIB))
            .await
            .map_err(|_| shared.closed_error())?;
        shared.ensure_accepting(queue)?;
        let cost = cost(message.body.len());
        shared
            .queue(queue)
            .reserve(cost, shared.options.queue_max_bytes)?;
        let (reply, done) = oneshot::channel();
        let command = Write::Publish {
            queue,
            message,
            permit,
            reply,
        };
        if self.handle.writes.send(command).is_err() {
            shared.queue(queue).release(cost);
            return Err(shared.closed_error());
        }
        done.await.map_err(|_| shared.closed_error())?
    }
}

/// Starts a thread that must not end by itself.
fn spawn(
    name: &str,
    guard: Guard,
    run: impl FnOnce(&Guard) + Send + 'static,
) -> Result<(), BrokerError> {
    let run = move || {
        run(&guard);
        guard.done();
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(|_| ())
        .map_err(|error| BrokerError::Unavailable(error.to_string()))
}

#[async_trait]
impl Broker for EmbeddedBroker {
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), BrokerError> {
        self.handle.shared.ensure_accepting(queue)?;
        timeout(
            self.handle.shared.options.deadline,
            self.send(queue, message),
        )
        .await
        .map_err(|_| BrokerError::Deadline)?
    }

    async fn subscribe(
        &self,
        queue: Queue,
        prefetch: u16,
    ) -> Result<Box<dyn Subscription>, BrokerError> {
        self.handle.shared.ensure_open()?;
        Ok(Box::new(EmbeddedSubscription::new(
            self.handle.clone(),
            queue,
            prefetch,
        )))
    }

    async fn depth(&self, queue: Queue) -> Result<QueueDepth, BrokerError> {
        self.handle.shared.ensure_open()?;
        Ok(self.handle.shared.queue(queue).deliveries().depth())
    }

    fn state(&self) -> BrokerState {
        self.handle.shared.state()
    }

    fn kind(&self) -> &'static str {
        "embedded"
    }

    fn durability(&self) -> &'static str {
        "the events were written to this machine's disk and flushed"
    }

    async fn close(&self) {
        self.handle.shared.close();
        let (reply, done) = oneshot::channel();
        if self.handle.reads.send(Read::Close { reply }).is_ok() {
            let _ = done.await;
        }
        let (reply, done) = oneshot::channel();
        if self.handle.writes.send(Write::Close { reply }).is_ok() {
            let _ = done.await;
        }
    }
}
