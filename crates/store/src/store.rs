//! The trait, and what passes through it.

use async_trait::async_trait;
use empmix_model::{
    EpochMs, Properties,
    envelope::Envelope,
    identity::JudgedLink,
    ids::{JobId, ProjectId},
    item::Instruction,
    job::{Job, JobKind, JobState},
    key::{KeyHash, ProjectKeys, PublicKey},
    project::{Project, WeekStart},
    stored::{EventSchema, LiveItem, SessionMetrics, StoredEvent},
    warning::Warning,
};
use empmix_query::{
    InvalidQuery,
    answer::{Answer, Engine},
    report::Report,
};
use futures::stream::BoxStream;
use serde_json::Value;

/// Messages of one project that are written together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The project; every envelope is of it.
    pub project: ProjectId,
    /// The messages, in the order they were delivered.
    pub envelopes: Vec<Envelope>,
}

/// What became of one item of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemOutcome {
    /// It is new and now durable.
    Stored,
    /// An equal item from another message was there already.
    Deduplicated,
    /// The same message had stored it already.
    Redelivered,
    /// Another content has this id; the first stays, this one goes to the dead letters.
    Conflict,
    /// The store will never take it as it is; it goes to the dead letters.
    Poison,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Per envelope, per item, in the batch's order.
    pub outcomes: Vec<Vec<ItemOutcome>>,
}

/// What a new project is made from; ids and keys are made by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// Its id.
    pub id: ProjectId,
    /// Its name, unique among projects.
    pub name: String,
    /// IANA name of its zone, checked by the caller.
    pub timezone: String,
    /// The day that weeks begin on.
    pub week_start: WeekStart,
    /// Its public key.
    pub public_key: PublicKey,
    /// The hash of its secret key, if one was made.
    pub secret_hash: Option<KeyHash>,
    /// When it is made.
    pub created_at: EpochMs,
}

/// Selects a page of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Earliest time, included.
    pub from: Option<EpochMs>,
    /// Latest time, excluded.
    pub to: Option<EpochMs>,
    /// Only this name.
    pub event: Option<String>,
    /// Only this distinct id.
    pub distinct_id: Option<String>,
    /// Only this user (every id of it).
    pub user_id: Option<String>,
    /// Only events after this one in the list's order (newest first): time and item hash.
    pub after: Option<(EpochMs, empmix_model::ids::ItemHash)>,
    /// At most so many, 1..=`limits::PAGE_ROWS`.
    pub limit: usize,
}

/// A page of events, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventsPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Whether more follow.
    pub more: bool,
}

/// What a watcher sees: what was stored, or that it was too slow to see all of it.
pub type Watched = Result<LiveItem, Missed>;

/// Items, the oldest, that a slow watcher did not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} items were missed")]
pub struct Missed(pub u64);

/// Why a store could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time: nothing is known of the outcome, try again.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The thing does not exist.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// It exists already, or changed meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// The store's files are damaged or its disk fails.
    #[error("the store's storage failed: {0}")]
    Storage(String),
}

/// Why a report was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The report makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything that is kept. All methods may be called from many tasks at once and end within a
/// deadline.
#[async_trait]
pub trait Store: Send + Sync {
    /// Which engine answers.
    fn engine(&self) -> Engine;

    /// Whether it can be reached now; the reason in words if not.
    async fn check(&self) -> Result<(), StoreError>;

    /// Writes messages of one project: facts are folded, events inserted, sessions recomputed,
    /// refusals and alterations kept as warnings, job parts marked stored. When it returns `Ok`
    /// everything is durable and visible to the next query. Writing the same batch again, whole or
    /// in part, changes nothing. An unknown project is `NotFound`.
    async fn write(&self, batch: Batch) -> Result<Written, StoreError>;

    /// Answers a report; `now` is the clock's time, used where the report does not say.
    async fn query(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Answer, ReadError>;

    /// How a report would be answered: the aggregation pipelines, or the plan.
    async fn explain(
        &self,
        project: ProjectId,
        report: &Report,
        now: EpochMs,
    ) -> Result<Value, ReadError>;

    /// Every event name and property seen, most frequent first, ties by name.
    async fn schema(&self, project: ProjectId) -> Result<Vec<EventSchema>, StoreError>;

    /// A page of events, newest first (time, then item hash, both descending).
    async fn events(
        &self,
        project: ProjectId,
        filter: &EventFilter,
    ) -> Result<EventsPage, StoreError>;

    /// What is stored from now on, in the order it is stored. A watcher that is too slow for a
    /// bounded buffer misses the oldest and learns how many. The stream ends when the store closes
    /// or, where the server keeps the watcher's place, has lost that place: the caller watches anew.
    async fn live(&self, project: ProjectId) -> Result<BoxStream<'static, Watched>, StoreError>;

    /// Every link ever said, in key order, with what the fold says of it.
    async fn links(&self, project: ProjectId) -> Result<Vec<JudgedLink>, StoreError>;

    /// The metrics of a session.
    async fn session(
        &self,
        project: ProjectId,
        session_id: &str,
    ) -> Result<Option<SessionMetrics>, StoreError>;

    /// Warnings, newest first, at most `limit`.
    async fn warnings(&self, project: ProjectId, limit: usize) -> Result<Vec<Warning>, StoreError>;

    /// All projects, oldest first.
    async fn projects(&self) -> Result<Vec<Project>, StoreError>;

    /// Makes a project; a name that is taken is a `Conflict`.
    async fn create_project(&self, new: NewProject) -> Result<Project, StoreError>;

    /// Replaces a project's public key.
    async fn set_public_key(&self, project: ProjectId, key: PublicKey) -> Result<(), StoreError>;

    /// Replaces the hash of a project's secret key.
    async fn set_secret_key(&self, project: ProjectId, hash: KeyHash) -> Result<(), StoreError>;

    /// The keys of every project.
    async fn keys(&self) -> Result<Vec<ProjectKeys>, StoreError>;

    /// Makes a job, or returns the one that has this id.
    async fn open_job(
        &self,
        id: JobId,
        project: ProjectId,
        kind: JobKind,
        now: EpochMs,
    ) -> Result<Job, StoreError>;

    /// Adds parts to those that the broker accepted. Adding one twice changes nothing.
    async fn accept_parts(&self, job: JobId, parts: &[u64]) -> Result<(), StoreError>;

    /// Moves a job to a state. A job that is `Closing` becomes `Done` by itself once every accepted
    /// part is stored; `job` says so.
    async fn set_job_state(
        &self,
        job: JobId,
        state: JobState,
        error: Option<String>,
    ) -> Result<(), StoreError>;

    /// A job and its progress.
    async fn job(&self, job: JobId) -> Result<Job, StoreError>;

    /// Finishes what is under way and closes.
    async fn close(&self);
}

/// The content that two equal items must share: (event, distinct id, properties) in canonical
/// JSON, without times and ids; the first 8 bytes of its SHA-256.
pub fn content_hash(
    event: &str,
    distinct_id: &str,
    properties: &Properties,
) -> Result<i64, StoreError> {
    let content = (event, distinct_id, properties);
    let canonical = serde_json_canonicalizer::to_vec(&content)
        .map_err(|error| StoreError::Storage(error.to_string()))?;
    Ok(empmix_model::ids::content_hash(&canonical))
}

/// The content that two equal instructions must share: (authority, distinct id, action) in
/// canonical JSON, without times and ids; the first 8 bytes of its SHA-256.
pub fn instruction_hash(instruction: &Instruction) -> Result<i64, StoreError> {
    let content = (
        instruction.authority,
        &instruction.distinct_id,
        &instruction.action,
    );
    let canonical = serde_json_canonicalizer::to_vec(&content)
        .map_err(|error| StoreError::Storage(error.to_string()))?;
    Ok(empmix_model::ids::content_hash(&canonical))
}
