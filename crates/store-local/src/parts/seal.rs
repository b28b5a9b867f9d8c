//! Sealing: hot rows become parts, and small parts become larger ones.
//!
//! A thread of its own looks at every project when the writer says that one has many hot rows, and
//! from time to time. To seal a project
//! 1. the writer's thread sets its chunks aside: what is written from now on goes to new ones;
//! 2. their rows are read back from the catalogue, page by page, and joined with the rows of the
//!    project's small parts;
//! 3. they are sorted and written to files, cut between UTC days: a day of its own from
//!    `seal_rows` rows on, else days are joined up to [`JOINED`] times that;
//! 4. one transaction names the new parts, forgets the old ones, and moves the number below which
//!    the project's hot rows no longer count; then the same is done in memory;
//! 5. the rows below that number are deleted, a few at a time, so that no writer waits long;
//! 6. small parts that are left (days beside large ones) are joined in the same way, without hot
//!    rows, until no two are left. This is also done once at the start.
//!
//! A crash at any point leaves either the hot rows or the parts, never both and never neither.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use empmix_alarm::Guard;
use empmix_model::ids::{ItemHash, ProjectId};

use crate::{
    catalogue::{hot, parts},
    memory::load,
    memory::project::{Data, ProjectState},
    options::LocalOptions,
    parts::{
        cache::ColumnCache,
        gather::{Gathered, JOINED},
        sealed::SealedPart,
        write::PartsDir,
    },
    read::readers::Readers,
    store::engine_error,
    write::writer::{Shared, Writer},
};
use empmix_store::StoreError;

/// The longest time between two looks, and the pause after a failure.
const PAUSE: Duration = Duration::from_secs(60);
/// Hot rows that are read, or deleted, at a time.
const PAGE: usize = 10_000;

/// Wakes the sealer.
pub(crate) struct SealTrigger {
    seal_rows: usize,
    trigger: SyncSender<()>,
    is_stopped: AtomicBool,
}

impl SealTrigger {
    /// A trigger, and what hears it.
    pub(crate) fn new(seal_rows: usize) -> (Self, Receiver<()>) {
        let (trigger, listener) = sync_channel(1);
        let wake = Self {
            seal_rows,
            trigger,
            is_stopped: AtomicBool::new(false),
        };
        (wake, listener)
    }

    /// Says how many hot rows a project has now.
    pub(crate) fn rows(&self, rows: usize) {
        if rows >= self.seal_rows {
            // A full trigger fires already.
            let _ = self.trigger.try_send(());
        }
    }

    /// Asks the sealer to end.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        let _ = self.trigger.try_send(());
    }

    /// Whether the sealer was asked to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

/// Hot rows that are hot no longer.
struct Sealed {
    /// The number of the first row after them.
    end: u64,
    hashes: Vec<ItemHash>,
}

/// Seals projects.
pub(crate) struct Sealer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) writer: Writer,
    pub(crate) dir: PathBuf,
    pub(crate) options: LocalOptions,
    pub(crate) cache: Arc<ColumnCache>,
    /// The largest number that a part ever had.
    pub(crate) last_part: i64,
}

impl Sealer {
    /// Seals until it is asked to end.
    pub(crate) fn run(mut self, listener: &Receiver<()>, guard: &Guard) {
        guard.turn();
        self.clean_up();
        self.join_all();
        let look = self.options.seal_after.min(PAUSE);
        loop {
            let heard = listener.recv_timeout(look);
            if self.shared.sealer.is_stopped() || heard == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            if let Err(error) = self.look() {
                tracing::error!(%error, "hot rows could not be sealed; they stay in the catalogue");
                self.wait_after_failure(listener);
            }
        }
    }

    /// Waits, so that a full disk is not tried again with every batch.
    fn wait_after_failure(&self, listener: &Receiver<()>) {
        let until = Instant::now() + PAUSE;
        while !self.shared.sealer.is_stopped() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || listener.recv_timeout(left) == Err(RecvTimeoutError::Disconnected)
            {
                return;
            }
        }
    }

    /// Deletes rows that a crash left behind after they were sealed.
    fn clean_up(&self) {
        for (_, project) in self.projects() {
            let number = project.number;
            let below = self
                .readers
                .read(|connection| parts::sealed_below(connection, number));
            let result = below.and_then(|below| self.delete_below(number, below));
            if let Err(error) = result {
                tracing::error!(%error, "sealed rows could not be deleted");
            }
        }
    }

    fn projects(&self) -> Vec<(ProjectId, Arc<ProjectState>)> {
        let projects = self.shared.projects.read();
        let projects = projects.unwrap_or_else(PoisonError::into_inner);
        projects
            .iter()
            .map(|(id, project)| (*id, project.clone()))
            .collect()
    }

    fn look(&mut self) -> Result<(), StoreError> {
        for (id, project) in self.projects() {
            let is_due = project.read(|data| {
                let is_old = data
                    .hot_since
                    .is_some_and(|since| since.elapsed() >= self.options.seal_after);
                is_old || data.hot_rows() >= self.options.seal_rows || !data.sealing.is_empty()
            });
            if is_due && !self.shared.sealer.is_stopped() {
                self.seal(id, &project)?;
            }
        }
        Ok(())
    }

    fn seal(&mut self, id: ProjectId, project: &Arc<ProjectState>) -> Result<(), StoreError> {
        let end = self.set_aside(id, project)?;
        let rows = self.hot_rows(project, end)?;
        let sealed = Sealed {
            end,
            hashes: rows.hashes(),
        };
        let small = self.small_parts(project, rows.len());
        self.rewrite(id, project, rows, small, Some(sealed))?;
        self.delete_below(project.number, end)?;
        self.join(id, project)
    }

    /// Joins small parts until no two are left. Each time there are fewer of them, or fewer rows in
    /// them: together they are one part, or some of their days are large and leave.
    fn join(&mut self, id: ProjectId, project: &Arc<ProjectState>) -> Result<(), StoreError> {
        loop {
            let small = self.small_parts(project, 0);
            if small.len() < 2 || self.shared.sealer.is_stopped() {
                return Ok(());
            }
            self.rewrite(id, project, Gathered::default(), small, None)?;
        }
    }

    fn join_all(&mut self) {
        for (id, project) in self.projects() {
            if let Err(error) = self.join(id, &project) {
                tracing::error!(%error, "small parts could not be joined; they stay as they are");
            }
        }
    }

    /// Writes rows, together with those of old parts, to new parts, which take their place.
    fn rewrite(
        &mut self,
        id: ProjectId,
        project: &Arc<ProjectState>,
        mut rows: Gathered,
        old: Vec<Arc<SealedPart>>,
        sealed: Option<Sealed>,
    ) -> Result<(), StoreError> {
        for part in &old {
            rows.add_part(part).map_err(engine_error)?;
        }
        let dir = PartsDir(&self.dir);
        let mut new = Vec::new();
        for run in rows.into_runs(self.options.seal_rows) {
            self.last_part += 1;
            let record = dir.write(self.last_part, &run)?;
            let part = SealedPart::open(&self.dir, record, self.cache.clone())?;
            new.push(Arc::new(part));
        }
        self.commit(id, project, sealed, old, new)
    }

    /// Sets the chunks aside and returns the number of the next hot row.
    fn set_aside(&self, id: ProjectId, project: &Arc<ProjectState>) -> Result<u64, StoreError> {
        let project = project.clone();
        self.writer.run_blocking(move |state| {
            project.change(|data| {
                data.sealing.append(&mut data.hot);
                data.hot_since = None;
            });
            Ok(state.hot(id).next_number)
        })
    }

    fn hot_rows(&self, project: &ProjectState, end: u64) -> Result<Gathered, StoreError> {
        let number = project.number;
        let read = |connection: &_| parts::sealed_below(connection, number);
        let mut from = Some(self.readers.read(read)?);
        let mut rows = Gathered::default();
        while let Some(start) = from {
            let page = |connection: &_| hot::page(connection, number, start, end, PAGE);
            let (page, next) = self.readers.read(page)?;
            from = next;
            project.read(|data| {
                for row in page {
                    rows.add(load::numbered(data, row)?);
                }
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(rows)
    }

    /// Parts that are too small to stay alone, the smallest first, as far as they fit.
    fn small_parts(&self, project: &ProjectState, rows: usize) -> Vec<Arc<SealedPart>> {
        let mut parts = project.read(|data| data.parts.clone());
        parts.retain(|part| part.record().rows < self.options.seal_rows);
        parts.sort_by_key(|part| part.record().rows);
        let mut room = (JOINED * self.options.seal_rows).saturating_sub(rows);
        parts.retain(|part| {
            let fits = part.record().rows <= room;
            room = room.saturating_sub(part.record().rows);
            fits
        });
        parts
    }

    fn commit(
        &self,
        id: ProjectId,
        project: &Arc<ProjectState>,
        sealed: Option<Sealed>,
        old: Vec<Arc<SealedPart>>,
        new: Vec<Arc<SealedPart>>,
    ) -> Result<(), StoreError> {
        let project = project.clone();
        self.writer.run_blocking(move |state| {
            state.transaction(|transaction| {
                for part in &new {
                    parts::insert(transaction, project.number, part.record())?;
                }
                for part in &old {
                    parts::remove(transaction, part.record().number)?;
                }
                match &sealed {
                    Some(sealed) => {
                        parts::set_sealed_below(transaction, project.number, sealed.end)
                    }
                    None => Ok(()),
                }
            })?;
            let known = &mut state.hot(id).known;
            for hash in sealed.iter().flat_map(|sealed| &sealed.hashes) {
                known.remove(hash);
            }
            let gone: HashSet<i64> = old.iter().map(|part| part.record().number).collect();
            project.change(|data: &mut Data| {
                if sealed.is_some() {
                    data.sealing.clear();
                }
                data.parts
                    .retain(|part| !gone.contains(&part.record().number));
                data.parts.extend(new);
            });
            old.iter().for_each(|part| part.replace());
            Ok(())
        })
    }

    fn delete_below(&self, number: i64, end: u64) -> Result<(), StoreError> {
        loop {
            let more = self.writer.run_blocking(move |state| {
                state.transaction(|transaction| {
                    parts::delete_some_hot(transaction, number, end, PAGE)
                })
            })?;
            if !more || self.shared.sealer.is_stopped() {
                return Ok(());
            }
        }
    }
}

/// Runs a sealer on a thread of its own.
pub(crate) fn start(
    sealer: Sealer,
    listener: Receiver<()>,
) -> Result<std::thread::JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name("store-sealer".into())
        .spawn(move || {
            let guard = sealer.options.alarm.guard("sealer");
            sealer.run(&listener, &guard);
            guard.done();
        })
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}
