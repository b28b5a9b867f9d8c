//! Canned answers: the console runs without a sidecar, for tests and to design against.
//!
//! It starts empty, or with the sample. Loading the sample takes a few polls of its job, and then
//! its events are there; insights are made up from the report so that every shape of it has an
//! answer.

mod answers;
mod data;

use std::{cell::RefCell, rc::Rc};

use empmix_model::{
    ids::{JobId, ProjectId},
    job::{Job, JobKind, JobState},
    key::PublicKey,
    project::{Project, WeekStart},
    stored::{LiveItem, StoredEvent},
};
use empmix_protocol::{
    ApiError, Call, ErrorCode, PROTOCOL_VERSION,
    call::KeyKind,
    reply::{CreatedProject, EventList, Projects, RotatedKey, Schema, Status},
    shell::{LiveMessage, ShellState},
};
use empmix_query::answer::Engine;
use serde::Serialize;
use serde_json::Value;

use super::{Backend, BackendKind, Inbox, LIVE_QUEUE, LiveStream, Outbox, Reply, mailbox};

/// A poll of the sample's job moves it on by so many of the sample's parts.
const PARTS_PER_POLL: u64 = 5;
const SAMPLE_PARTS: u64 = 20;

/// A backend with canned answers. Clones share one state, so that a test can look at it and
/// change it from outside.
#[derive(Clone, Default)]
pub struct Fake {
    world: Rc<RefCell<World>>,
}

#[derive(Default)]
struct World {
    projects: Vec<Project>,
    loaded: bool,
    job_done: u64,
    job_started: bool,
    broken: Option<ApiError>,
    protocol: Option<u32>,
    store_away: Option<ApiError>,
    held: bool,
    waiting: Vec<(Call, Outbox<Answer>)>,
    live: Vec<Outbox<LiveMessage>>,
    /// Events that were stored after the canned ones, newest first.
    stored: Vec<StoredEvent>,
    calls: Vec<Call>,
    /// How many values a breakdown has; six if it was never set.
    segments: Option<usize>,
    random: u8,
}

impl Fake {
    /// A sidecar that has just started: it has not made its first project.
    pub fn without_project() -> Self {
        Self::default()
    }

    /// One project without an event.
    pub fn empty() -> Self {
        let fake = Self::default();
        fake.make_first_project();
        fake
    }

    /// Makes the project that a fresh sidecar has.
    pub fn make_first_project(&self) {
        let first = project(1, "OSS contributions");
        self.world.borrow_mut().projects.push(first);
    }

    /// One project with the sample loaded.
    pub fn loaded() -> Self {
        let fake = Self::empty();
        fake.world.borrow_mut().loaded = true;
        fake
    }

    /// Another project, with this number.
    pub fn add_project(&self, number: u8, name: &str) {
        self.world.borrow_mut().projects.push(project(number, name));
    }

    /// From now on each call fails with this, or works again.
    pub fn set_broken(&self, error: Option<ApiError>) {
        self.world.borrow_mut().broken = error;
    }

    /// From now on its status names this version of the private API.
    pub fn set_protocol(&self, version: u32) {
        self.world.borrow_mut().protocol = Some(version);
    }

    /// From now on calls that need the store fail with this, or work again.
    pub fn set_store_away(&self, error: Option<ApiError>) {
        self.world.borrow_mut().store_away = error;
    }

    /// From now on a breakdown has so many values.
    pub fn set_segments(&self, segments: usize) {
        self.world.borrow_mut().segments = Some(segments);
    }

    /// From now on calls are not answered until [`Self::release`].
    pub fn hold(&self) {
        self.world.borrow_mut().held = true;
    }

    /// Answers what was held.
    pub fn release(&self) {
        let waiting = {
            let mut world = self.world.borrow_mut();
            world.held = false;
            std::mem::take(&mut world.waiting)
        };
        for (call, outbox) in waiting {
            outbox.send(self.world.borrow_mut().reply(&call));
        }
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.world.borrow().calls.clone()
    }

    /// Something arrives on every open live stream.
    pub fn arrive(&self, item: &LiveItem) {
        for outbox in self
            .world
            .borrow()
            .live
            .iter()
            .filter(|out| !out.is_closed())
        {
            outbox.send(LiveMessage::Item(item.clone()));
        }
    }

    /// Stores an event that no stream brings.
    pub fn store(&self, event: StoredEvent) {
        self.world.borrow_mut().stored.insert(0, event);
    }

    /// A message on every open live stream.
    pub fn live_message(&self, message: &LiveMessage) {
        for outbox in self
            .world
            .borrow()
            .live
            .iter()
            .filter(|out| !out.is_closed())
        {
            outbox.send(message.clone());
        }
    }

    /// Cuts the live streams, as a tab does that is hidden.
    pub fn hide(&self) {
        let streams: Vec<_> = self.world.borrow().live.clone();
        streams.iter().for_each(Outbox::cut);
    }

    /// Live streams that are open.
    pub fn open_streams(&self) -> usize {
        let world = self.world.borrow();
        world.live.iter().filter(|out| !out.is_closed()).count()
    }
}

impl Backend for Fake {
    fn kind(&self) -> BackendKind {
        BackendKind::Fake
    }

    fn call(&self, call: Call) -> Reply {
        let (outbox, inbox) = mailbox(1, || {});
        let mut world = self.world.borrow_mut();
        world.calls.push(call.clone());
        if world.held {
            world.waiting.push((call, outbox));
        } else {
            outbox.send(world.reply(&call));
        }
        inbox
    }

    fn live(&self, _project: ProjectId) -> LiveStream {
        let (outbox, inbox) = mailbox(LIVE_QUEUE, || {});
        outbox.send(LiveMessage::Open);
        let mut world = self.world.borrow_mut();
        world.live.retain(|outbox| !outbox.is_closed());
        world.live.push(outbox);
        inbox
    }

    fn shell_state(&self) -> Option<Inbox<Result<ShellState, ApiError>>> {
        None
    }
}

/// An answer as a sidecar sends it.
type Answer = Result<Vec<u8>, ApiError>;

impl World {
    /// The answer as a sidecar sends it.
    fn reply(&mut self, call: &Call) -> Answer {
        self.answer(call)
            .map(|answer| answer.to_string().into_bytes())
    }

    fn answer(&mut self, call: &Call) -> Result<Value, ApiError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if let (Some(error), false) = (&self.store_away, matches!(call, Call::Status)) {
            return Err(error.clone());
        }
        match call {
            Call::Status => json(&status(self.protocol.unwrap_or(PROTOCOL_VERSION))),
            Call::Projects => json(&Projects {
                projects: self.projects.clone(),
            }),
            Call::CreateProject(new) => self.create(&new.name, &new.timezone, new.week_start),
            Call::Project { project } => json(self.project(*project)?),
            Call::RotateKey { project, key } => self.rotate(*project, *key),
            Call::Schema { .. } => json(&Schema {
                events: if self.loaded {
                    data::schema()
                } else {
                    Vec::new()
                },
                user_properties: Vec::new(),
            }),
            Call::Events { query, .. } => {
                let limit = query.limit.unwrap_or(100);
                let canned = if self.loaded { limit } else { 0 };
                let events = self.stored.iter().cloned().chain(data::events(canned));
                json(&EventList {
                    events: events.take(limit).collect(),
                    next_cursor: None,
                })
            }
            Call::Query { report, .. } => Ok(answers::insights(report, self.segments)),
            Call::Explain { report, .. } => Ok(serde_json::json!({"plan": report})),
            Call::LoadSample { project } => {
                self.job_started = true;
                self.job_done = 0;
                json(&self.job(*project))
            }
            Call::Job { .. } => {
                let project = self.projects.first().map(|project| project.id);
                self.poll_job(project.unwrap_or(ProjectId([0; 8])))
            }
            Call::CancelJob { .. } => {
                self.job_started = false;
                json(&self.job(ProjectId([1; 8])))
            }
        }
    }

    fn project(&mut self, id: ProjectId) -> Result<&mut Project, ApiError> {
        self.projects
            .iter_mut()
            .find(|project| project.id == id)
            .ok_or_else(|| ApiError::new(ErrorCode::NotFound, "There is no such project."))
    }

    fn create(
        &mut self,
        name: &str,
        timezone: &str,
        week_start: WeekStart,
    ) -> Result<Value, ApiError> {
        let seed = u8::try_from(self.projects.len() + 1).unwrap_or(u8::MAX);
        let project = Project {
            timezone: timezone.to_owned(),
            week_start,
            ..project(seed, name)
        };
        self.projects.push(project.clone());
        self.loaded = false;
        json(&CreatedProject {
            project,
            secret_key: format!("sk_{}", "5ec".repeat(13)),
        })
    }

    fn rotate(&mut self, id: ProjectId, key: KeyKind) -> Result<Value, ApiError> {
        self.random += 1;
        let key = match key {
            KeyKind::Public => {
                let key = PublicKey::from_random([self.random + 100; 16]);
                self.project(id)?.public_key = key.clone();
                key.0
            }
            KeyKind::Secret => {
                self.project(id)?.has_secret_key = true;
                format!("sk_{}", format!("{:02x}", self.random).repeat(20))
            }
        };
        json(&RotatedKey { key })
    }

    fn poll_job(&mut self, project: ProjectId) -> Result<Value, ApiError> {
        self.job_done = (self.job_done + PARTS_PER_POLL).min(SAMPLE_PARTS);
        self.loaded |= self.job_done == SAMPLE_PARTS;
        json(&self.job(project))
    }

    fn job(&self, project: ProjectId) -> Job {
        let state = if !self.job_started {
            JobState::Cancelled
        } else if self.job_done == SAMPLE_PARTS {
            JobState::Done
        } else {
            JobState::Running
        };
        Job {
            id: JobId([9; 8]),
            project,
            kind: JobKind::Import,
            state,
            done: self.job_done,
            total: SAMPLE_PARTS,
            error: None,
            created_at: data::NOW_MS,
        }
    }
}

fn status(protocol: u32) -> Status {
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol,
        roles: ["api", "consumer", "console"].map(str::to_owned).to_vec(),
        engine: Engine::Local,
        broker: "embedded".to_owned(),
        url: "http://127.0.0.1:7070".to_owned(),
        uptime_s: 60,
        durability: "A 200 means that the event is on this machine's disk.".to_owned(),
        ready: true,
        warnings: Vec::new(),
    }
}

fn project(seed: u8, name: &str) -> Project {
    Project {
        id: ProjectId([seed; 8]),
        name: name.to_owned(),
        timezone: "UTC".to_owned(),
        week_start: WeekStart::Monday,
        public_key: PublicKey::from_random([seed; 16]),
        has_secret_key: false,
        created_at: data::NOW_MS,
    }
}

fn json(value: &impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(value)
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))
}

/// The time that the canned data ends at.
pub use data::NOW_MS;
/// Events and warnings for a live stream.
pub use data::live_items;
