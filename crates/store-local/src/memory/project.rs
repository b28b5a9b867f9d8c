//! A project in memory: dictionaries, who is who, and the rows.
//!
//! The writer thread alone changes it, after a commit; readers take a [`View`]. A view costs one
//! reference count when nothing was written since the last one, and otherwise one for each part: the
//! dictionaries and who is who are copied on write ([`Pages`]).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use empmix_engine::{Ids, Pages, Part, Snapshot};
use empmix_model::{
    project::{Project, WeekStart},
    stored::LiveItem,
};
use tokio::sync::broadcast;

use crate::{
    memory::chunk::Chunk,
    memory::view::{Rows, View},
    parts::sealed::SealedPart,
};

/// Items that a slow watcher may be behind before it misses some.
const LIVE_ITEMS: usize = 1024;

/// Texts and their dense numbers.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    texts: Pages<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Dictionary {
    /// A dictionary of texts in the order of their numbers.
    pub(crate) fn of(texts: impl IntoIterator<Item = String>) -> Self {
        let mut dictionary = Self::default();
        for text in texts {
            dictionary.push(text.into());
        }
        dictionary
    }

    /// Gives a text the next number.
    pub(crate) fn push(&mut self, text: Arc<str>) {
        self.numbers.insert(text.clone(), self.len());
        self.texts.push(text);
    }

    /// The number of a text.
    pub(crate) fn number(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text of a number that was given.
    pub(crate) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// How many texts there are: the next number.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }
}

/// A project in memory.
pub(crate) struct ProjectState {
    /// Its number in the catalogue.
    pub(crate) number: i64,
    /// IANA name of its zone.
    pub(crate) timezone: String,
    /// The day that its weeks begin on.
    pub(crate) week_start: WeekStart,
    /// What is stored from now on.
    pub(crate) live: broadcast::Sender<LiveItem>,
    /// Everything that the writer changes.
    pub(crate) data: RwLock<Data>,
    view: Mutex<Option<Arc<View>>>,
}

/// What the writer changes.
#[derive(Default)]
pub(crate) struct Data {
    /// Distinct ids.
    pub(crate) ids: Dictionary,
    /// Event names.
    pub(crate) names: Dictionary,
    /// For each id the id index of its user's id.
    pub(crate) user_of: Pages<u32>,
    /// Rows in files.
    pub(crate) parts: Vec<Arc<SealedPart>>,
    /// Hot rows that are being written to files.
    pub(crate) sealing: Vec<Arc<Chunk>>,
    /// Hot rows.
    pub(crate) hot: Vec<Arc<Chunk>>,
    /// When the oldest chunk of `hot` was added.
    pub(crate) hot_since: Option<Instant>,
}

impl ProjectState {
    /// A project with what was read of it at the start.
    pub(crate) fn new(number: i64, project: &Project, data: Data) -> Self {
        Self {
            number,
            timezone: project.timezone.clone(),
            week_start: project.week_start,
            live: broadcast::channel(LIVE_ITEMS).0,
            data: RwLock::new(data),
            view: Mutex::new(None),
        }
    }

    /// Reads the data.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Data) -> T) -> T {
        read(&self.data.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the data; the next view shows it.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Data)) {
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut data);
        // Still under the write lock: no view of the old data can be kept as current.
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The rows as they are now.
    pub(crate) fn view(&self) -> Arc<View> {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert_with(|| Arc::new(data.view())).clone()
    }
}

impl Data {
    /// Rows that are in no file yet.
    pub(crate) fn hot_rows(&self) -> usize {
        self.hot.iter().map(|chunk| chunk.rows()).sum()
    }

    fn view(&self) -> View {
        let parts = self.parts.iter().map(|part| part.clone() as Arc<dyn Rows>);
        let chunks = self.sealing.iter().chain(&self.hot);
        let chunks = chunks.map(|chunk| chunk.clone() as Arc<dyn Rows>);
        let rows: Vec<Arc<dyn Rows>> = parts.chain(chunks).collect();
        let snapshot = Snapshot {
            parts: rows
                .iter()
                .map(|rows| rows.clone() as Arc<dyn Part>)
                .collect(),
            event_names: self.names.texts.clone(),
            ids: Ids {
                texts: self.ids.texts.clone(),
                user_of: self.user_of.clone(),
            },
        };
        View { rows, snapshot }
    }
}
