//! The one writer: a thread that owns the catalogue's connection.
//!
//! Batches that wait are written in one transaction, so that they share one fsync; after the
//! commit they are published in memory and answered. A failed transaction changes nothing and
//! every batch in it learns why. After an error that leaves the outcome of a commit unknown (the
//! disk, a damaged file) memory and file may differ: the store then refuses everything, and must
//! be opened again.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use empmix_alarm::Guard;
use empmix_model::ids::ProjectId;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::catalogue::CatalogueError;
use crate::{
    memory::project::{Data, ProjectState},
    parts::seal::SealTrigger,
    write::apply::ProjectWrite,
    write::pending::{Hot, Pending},
    write::prepare::PreparedBatch,
};
use empmix_store::{StoreError, Written};

/// Batches and commands that may wait for the writer.
const QUEUE: usize = 64;
/// Items from which a transaction takes no further batch.
const GROUP_ITEMS: usize = 32_768;

/// Projects in memory, by id.
pub(crate) type Projects = RwLock<HashMap<ProjectId, Arc<ProjectState>>>;

/// What the writer and the readers share.
pub(crate) struct Shared {
    pub(crate) projects: Projects,
    /// Why nothing can be written any more.
    pub(crate) failure: OnceLock<String>,
    /// Wakes the sealer.
    pub(crate) sealer: SealTrigger,
}

impl Shared {
    /// A project in memory, while the store is open: once it closes it must not say of a project
    /// that it does not exist, since what is meant for such a one is dropped.
    pub(crate) fn project(&self, id: ProjectId) -> Result<Arc<ProjectState>, StoreError> {
        if self.sealer.is_stopped() {
            return Err(closed());
        }
        self.known_project(id)
    }

    /// A project in memory.
    fn known_project(&self, id: ProjectId) -> Result<Arc<ProjectState>, StoreError> {
        let projects = self.projects.read().unwrap_or_else(PoisonError::into_inner);
        projects
            .get(&id)
            .cloned()
            .ok_or(StoreError::NotFound("the project"))
    }

    /// What belongs to projects in memory. One that is being made is committed a moment before it gets there;
    /// until then it does not exist for anyone.
    pub(crate) fn in_memory<T>(
        &self,
        all: impl Iterator<Item = T>,
        project: impl Fn(&T) -> ProjectId,
    ) -> Result<Vec<T>, StoreError> {
        let projects = self.projects.read().unwrap_or_else(PoisonError::into_inner);
        let known = all
            .filter(|one| projects.contains_key(&project(one)))
            .collect();
        drop(projects);
        // The projects go after the store has begun to close.
        if self.sealer.is_stopped() {
            return Err(closed());
        }
        Ok(known)
    }

    /// Adds a project that was just made.
    pub(crate) fn add(&self, id: ProjectId, project: Arc<ProjectState>) {
        let mut projects = self
            .projects
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        projects.insert(id, project);
    }

    /// Forgets the projects, which ends every live stream.
    pub(crate) fn close(&self) {
        let mut projects = self
            .projects
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        projects.clear();
    }

    /// Fails once the storage has failed.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.failure.get() {
            Some(reason) => Err(StoreError::Storage(reason.clone())),
            None => Ok(()),
        }
    }
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Work in a transaction of its own, and what follows its commit; it answers by itself.
pub(crate) type WriterJob = Box<dyn FnOnce(&mut WriterState) + Send>;

enum Command {
    Write(PreparedBatch, Reply<Written>),
    Run(WriterJob),
}

/// What the writer thread owns.
pub(crate) struct WriterState {
    connection: Connection,
    shared: Arc<Shared>,
    hot: HashMap<ProjectId, Hot>,
}

/// Sends work to the writer thread, which ends when the last of these is dropped.
#[derive(Clone)]
pub(crate) struct Writer {
    commands: mpsc::Sender<Command>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        connection: Connection,
        shared: Arc<Shared>,
        hot: HashMap<ProjectId, Hot>,
        guard: Guard,
    ) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        let (commands, receiver) = mpsc::channel(QUEUE);
        let state = WriterState {
            connection,
            shared,
            hot,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                state.run(receiver, &guard);
                guard.done();
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok((Self { commands }, thread))
    }

    /// Writes a batch; durable and visible when it returns `Ok`.
    pub(crate) async fn write(&self, batch: PreparedBatch) -> Result<Written, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Write(batch, reply)).await?;
        answer.await.map_err(|_| closed())?
    }

    /// Runs `work` in a transaction of its own, then `after` on what it gave, once it is durable
    /// and before anything else is written.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, CatalogueError> + Send + 'static,
        after: impl FnOnce(&mut WriterState, &T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let command: WriterJob = Box::new(move |state| {
            let result = state.transaction(work);
            if let Ok(value) = &result {
                after(state, value);
            }
            // The caller may have gone away; the work is done all the same.
            let _ = reply.send(result);
        });
        self.send(Command::Run(command)).await?;
        answer.await.map_err(|_| closed())?
    }

    /// Runs `work` on the writer's thread, after what waits already. Blocks: not for async code.
    pub(crate) fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriterState) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let command: WriterJob = Box::new(move |state| {
            // A caller that went away does not want the answer.
            let _ = reply.send(work(state));
        });
        self.commands
            .blocking_send(Command::Run(command))
            .map_err(|_| closed())?;
        answer.blocking_recv().map_err(|_| closed())?
    }

    async fn send(&self, command: Command) -> Result<(), StoreError> {
        self.commands.send(command).await.map_err(|_| closed())
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

impl WriterState {
    fn run(mut self, mut commands: mpsc::Receiver<Command>, guard: &Guard) {
        guard.turn();
        let mut next = commands.blocking_recv();
        while let Some(command) = next {
            guard.turn();
            next = match command {
                Command::Run(work) => {
                    work(&mut self);
                    commands.blocking_recv()
                }
                Command::Write(batch, reply) => {
                    let mut group = vec![(batch, reply)];
                    let held = collect(&mut commands, &mut group);
                    self.write_group(group);
                    held.or_else(|| commands.blocking_recv())
                }
            };
        }
    }

    /// The readers' side.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What the writer knows of a project.
    pub(crate) fn hot(&mut self, project: ProjectId) -> &mut Hot {
        self.hot.entry(project).or_default()
    }

    /// Runs `work` in a transaction of its own.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, CatalogueError>,
    ) -> Result<T, StoreError> {
        self.shared.check()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(CatalogueError::from)?;
        let value = work(&transaction)?;
        match transaction.commit() {
            Ok(()) => Ok(value),
            Err(error) => Err(self.commit_failed(error)),
        }
    }

    fn write_group(&mut self, group: Vec<(PreparedBatch, Reply<Written>)>) {
        let (batches, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let results = match self.write_batches(batches) {
            Ok(results) => results,
            Err(error) => replies.iter().map(|_| Err(error.clone())).collect(),
        };
        for (reply, result) in replies.into_iter().zip(results) {
            // A caller that went away reads the outcome from the redelivery.
            let _ = reply.send(result);
        }
    }

    fn write_batches(
        &mut self,
        batches: Vec<PreparedBatch>,
    ) -> Result<Vec<Result<Written, StoreError>>, StoreError> {
        self.shared.check()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(CatalogueError::from)?;
        let mut pending: HashMap<ProjectId, Pending> = HashMap::new();
        let mut deliveries = 0;
        let mut results = Vec::with_capacity(batches.len());
        for batch in batches {
            let id = batch.project;
            let project = match self.shared.known_project(id) {
                Ok(project) => project,
                Err(error) => {
                    results.push(Err(error));
                    continue;
                }
            };
            let hot = self.hot.entry(id).or_default();
            let written = project.read(|data| {
                let mut write = ProjectWrite {
                    connection: &transaction,
                    project: &project,
                    data,
                    hot,
                    pending: pending.entry(id).or_default(),
                    deliveries: &mut deliveries,
                };
                write.batch(batch)
            })?;
            results.push(Ok(written));
        }
        for (id, pending) in &mut pending {
            let project = self.shared.known_project(*id)?;
            let before = self.hot.get(id).map(|hot| hot.refused);
            pending.trim(&transaction, project.number, before.unwrap_or_default())?;
        }
        let committed = std::thread::scope(|scope| {
            scope.spawn(|| pending.values_mut().for_each(Pending::make_chunk));
            transaction.commit()
        });
        if let Err(error) = committed {
            return Err(self.commit_failed(error));
        }
        for (id, pending) in pending {
            let project = self.shared.known_project(id)?;
            pending.publish(&project, self.hot.entry(id).or_default());
            self.shared.sealer.rows(project.read(Data::hot_rows));
        }
        Ok(results)
    }

    /// Whether a commit that failed left everything as it was depends on why it failed.
    fn commit_failed(&self, error: rusqlite::Error) -> StoreError {
        let is_harmless = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull)
        );
        if !is_harmless {
            let _ = self.shared.failure.set(error.to_string());
        }
        CatalogueError::from(error).into()
    }
}

/// Takes further batches that wait already; gives back a command that ended the group.
fn collect(
    commands: &mut mpsc::Receiver<Command>,
    group: &mut Vec<(PreparedBatch, Reply<Written>)>,
) -> Option<Command> {
    let mut items: usize = group.iter().map(|(batch, _)| batch.items()).sum();
    while items < GROUP_ITEMS {
        match commands.try_recv() {
            Ok(Command::Write(batch, reply)) => {
                items += batch.items();
                group.push((batch, reply));
            }
            Ok(command) => return Some(command),
            Err(_) => return None,
        }
    }
    None
}
