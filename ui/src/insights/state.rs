//! The question that is being asked, its answer, and how it is looked at.

mod asking;
mod display;

use empmix_query::answer::Answer;
use jiff::civil::Date;
use serde_json::Value;

pub use display::ChartKind;
pub(super) use display::Display;

use super::{
    answer::{Answered, SortBy},
    question::{self, Builder, Catalog, Edit, History, day_of, first_screen},
};
use crate::{
    async_value::AsyncValue,
    session::{Session, View, Work},
};

/// Seconds that a change waits for the next one before it is asked.
const DEBOUNCE_S: f64 = 0.15;

/// What a user does in *Insights*.
#[derive(Debug, Clone, PartialEq)]
pub enum InsightsCommand {
    /// Asks again although nothing changed.
    Refresh,
    /// Gives up on the answer that is awaited.
    Cancel,
    /// Changes the question.
    Edit(Edit),
    /// Takes the last change back.
    Undo,
    /// Makes it again.
    Redo,
    /// Line, bar or table.
    Kind(ChartKind),
    /// Shows or hides a line.
    Toggle(usize),
    /// Shows one line only; once more shows the others again.
    Solo(usize),
    /// Shows these buckets only (from, and up to but not), or all.
    Zoom(Option<(usize, usize)>),
    /// Sorts the table; the same column once more turns it round.
    Sort(SortBy),
    /// Shows the pipeline or plan of the question, or closes it.
    Pipeline(bool),
    /// Folds or unfolds the query panel.
    ToggleQuery,
    /// Opens the list of properties to filter by.
    AskFilter,
}

/// The question that is being asked, and its answer.
#[derive(Debug, Default)]
pub struct InsightsState {
    history: Option<History>,
    catalog: Catalog,
    /// Events, newest event and properties that the catalog was made of.
    catalog_of: (u64, i64, usize),
    asking: asking::Asking,
    display: Display,
    pipeline: Option<AsyncValue<Value>>,
}

impl InsightsState {
    /// Another project was chosen: start from the first screen.
    pub fn project_changed(&mut self, _work: Work<'_>) {
        *self = Self::default();
    }

    /// The project's data changed (more events than before).
    pub fn data_changed(&mut self, work: Work<'_>) {
        if self.history.as_ref().is_none_or(History::is_untouched) {
            self.history = None;
        }
        self.asking.force(work.session.time_s);
    }

    /// The backend answers other calls: what it could not answer is asked again.
    pub fn retry(&mut self, now_s: f64) {
        self.asking.retry(now_s);
    }

    /// Whether the backend was found to be away; says so once.
    pub fn take_lost(&mut self) -> bool {
        self.asking.take_lost()
    }

    /// Each frame before it is shown: takes answers, asks what has become due.
    pub fn update(&mut self, work: Work<'_>) {
        self.read_schema(work.session);
        if self.history.is_none() {
            self.begin(work.session);
        }
        let Some(history) = &self.history else { return };
        if self.asking.take_answers() {
            self.display.fit(self.asking.answered());
        }
        self.asking.ask_when_due(history.now(), work);
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.poll();
        }
    }

    /// Applies a command.
    pub fn apply(&mut self, command: InsightsCommand, work: Work<'_>) {
        let now_s = work.session.time_s;
        match command {
            InsightsCommand::Refresh => self.asking.force(now_s),
            InsightsCommand::Cancel => self.asking.cancel(),
            InsightsCommand::Edit(edit) => self.edit(edit, work.session),
            InsightsCommand::Undo => self.step(now_s, History::undo),
            InsightsCommand::Redo => self.step(now_s, History::redo),
            InsightsCommand::Pipeline(true) => {
                let history = self.history.as_ref();
                self.pipeline = history.and_then(|history| asking::explain(history.now(), work));
            }
            InsightsCommand::Pipeline(false) => self.pipeline = None,
            InsightsCommand::AskFilter => {
                self.display.query_folded = false;
                super::view::ask_filter(work.ctx);
            }
            look => self.display.apply(&look, self.asking.answered()),
        }
    }

    /// Shows the module in what the window leaves it: query on the left, answer on the right.
    pub fn show(&self, ui: &mut egui::Ui, view: View<'_>) {
        super::view::show(ui, self, view);
    }

    /// The question; `None` until the project's schema is known.
    pub fn builder(&self) -> Option<&Builder> {
        self.history.as_ref().map(History::now)
    }

    /// The latest answer that there is, be it to a former question.
    pub fn answered(&self) -> Option<&Answered> {
        self.asking.answered()
    }

    pub(super) fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(super) fn display(&self) -> &Display {
        &self.display
    }

    pub(super) fn pipeline(&self) -> Option<&AsyncValue<Value>> {
        self.pipeline.as_ref()
    }

    /// The answer and what became of the last request.
    pub(super) fn request(&self) -> &AsyncValue<Answer> {
        self.asking.request()
    }

    /// The number over the chart: the first series over the whole range.
    pub(super) fn headline(&self) -> Option<f64> {
        self.asking.headline()
    }

    /// The question that the answer belongs to.
    pub(super) fn answered_question(&self) -> Option<&Builder> {
        self.asking.answered_question()
    }

    fn edit(&mut self, edit: Edit, session: &Session) {
        let Some(history) = &mut self.history else {
            return;
        };
        let mut next = history.now().clone();
        question::apply(&mut next, edit, &self.catalog, today(session));
        if history.push(next) {
            self.asking.due_at(session.time_s + DEBOUNCE_S);
        }
    }

    fn step(&mut self, now_s: f64, step: impl Fn(&mut History) -> bool) {
        if self.history.as_mut().is_some_and(step) {
            self.asking.due_at(now_s + DEBOUNCE_S);
        }
    }

    fn begin(&mut self, session: &Session) {
        if session.schema.latest().is_none() || session.project().is_none() {
            return;
        }
        let newest = session.newest_event_ms();
        let (range, width) = first_screen(session.now_ms, newest, &session.zone());
        self.history = Some(History::new(Builder::first(range, width)));
        self.asking.due_at(session.time_s);
    }

    fn read_schema(&mut self, session: &Session) {
        let Some(schema) = session.schema.latest() else {
            return;
        };
        let of = (
            session.event_count().unwrap_or(0),
            session.newest_event_ms().unwrap_or(0),
            schema
                .events
                .iter()
                .map(|event| event.properties.len())
                .sum(),
        );
        if self.catalog_of != of {
            self.catalog_of = of;
            self.catalog = Catalog::new(schema);
        }
    }
}

/// Today in the project's zone.
pub(super) fn today(session: &Session) -> Date {
    day_of(session.now_ms, &session.zone())
}
