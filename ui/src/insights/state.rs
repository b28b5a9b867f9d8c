//! The state of *Insights*: the question, its answer, and how the answer is displayed.

mod display;
mod query_state;

use empmix_query::answer::Answer;
use jiff::civil::Date;
use serde_json::Value;

pub use display::ChartKind;
pub(super) use display::Display;

use super::{
    answer::{ChartModel, SortBy},
    question::{self, Builder, Catalog, Edit, History, day_of, first_screen},
};
use crate::{
    async_value::AsyncValue,
    session::{Session, UpdateCtx, View},
};

/// Seconds without another change after which a change is sent.
const DEBOUNCE_S: f64 = 0.15;

/// An action of a user in *Insights*.
#[derive(Debug, Clone, PartialEq)]
pub enum InsightsCommand {
    /// Runs the query again although nothing changed.
    Refresh,
    /// Cancels the pending query.
    Cancel,
    /// Changes the question.
    Edit(Edit),
    /// Undoes the last change.
    Undo,
    /// Redoes the change that was undone.
    Redo,
    /// Line, bar or table.
    Kind(ChartKind),
    /// Shows or hides a line.
    Toggle(usize),
    /// Shows one line only; the second time it shows the others again.
    Solo(usize),
    /// Shows only these buckets (start included, end excluded), or all.
    Zoom(Option<(usize, usize)>),
    /// Sorts the table; the same column again reverses the order.
    Sort(SortBy),
    /// Shows the pipeline or plan of the question, or closes it.
    Pipeline(bool),
    /// Folds or unfolds the query panel.
    ToggleQuery,
    /// Opens the list of properties to filter by.
    AskFilter,
}

/// The state of *Insights*.
#[derive(Debug, Default)]
pub struct InsightsState {
    history: Option<History>,
    catalog: Catalog,
    /// Event count, newest event and property count of the schema that the catalog was made from.
    catalog_of: (u64, i64, usize),
    query: query_state::QueryState,
    display: Display,
    pipeline: Option<AsyncValue<Value>>,
}

impl InsightsState {
    /// Another project was chosen: starts again with the first screen.
    pub fn project_changed(&mut self, _cx: UpdateCtx<'_>) {
        *self = Self::default();
    }

    /// The project's data changed (more events than before).
    pub fn data_changed(&mut self, cx: UpdateCtx<'_>) {
        if self.history.as_ref().is_none_or(History::is_untouched) {
            self.history = None;
        }
        self.query.force(cx.session.time_s);
    }

    /// The backend answers again: repeats a query that failed because it was unreachable.
    pub fn retry(&mut self, now_s: f64) {
        self.query.retry(now_s);
    }

    /// Whether a query found the backend unreachable; returns true once.
    pub fn take_connection_lost(&mut self) -> bool {
        self.query.take_connection_lost()
    }

    /// Runs in each frame before the module is shown: takes answers, sends the query when it is due.
    pub fn update(&mut self, cx: UpdateCtx<'_>) {
        self.read_schema(cx.session);
        if self.history.is_none() {
            self.begin(cx.session);
        }
        let Some(history) = &self.history else { return };
        if self.query.take_answers() {
            self.display.adopt(self.query.chart_model());
        }
        self.query.ask_when_due(history.now(), cx);
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.poll();
        }
    }

    /// Applies a command.
    pub fn apply(&mut self, command: InsightsCommand, cx: UpdateCtx<'_>) {
        let now_s = cx.session.time_s;
        match command {
            InsightsCommand::Refresh => self.query.force(now_s),
            InsightsCommand::Cancel => self.query.cancel(),
            InsightsCommand::Edit(edit) => self.edit(edit, cx.session),
            InsightsCommand::Undo => self.step(now_s, History::undo),
            InsightsCommand::Redo => self.step(now_s, History::redo),
            InsightsCommand::Pipeline(true) => {
                let history = self.history.as_ref();
                self.pipeline = history.and_then(|history| query_state::explain(history.now(), cx));
            }
            InsightsCommand::Pipeline(false) => self.pipeline = None,
            InsightsCommand::AskFilter => {
                self.display.query_folded = false;
                super::view::open_add_filter(cx.egui);
            }
            display => self.display.apply(&display, self.query.chart_model()),
        }
    }

    /// Shows the module in the available area: query on the left, answer on the right.
    pub fn show(&self, ui: &mut egui::Ui, view: View<'_>) {
        super::view::show(ui, self, view);
    }

    /// The question; `None` until the project's schema is known.
    pub fn builder(&self) -> Option<&Builder> {
        self.history.as_ref().map(History::now)
    }

    /// The latest answer, which may belong to an earlier question.
    pub fn chart_model(&self) -> Option<&ChartModel> {
        self.query.chart_model()
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

    /// The answer and the state of the last request.
    pub(super) fn request(&self) -> &AsyncValue<Answer> {
        self.query.request()
    }

    /// The number above the chart: the first series over the whole range.
    pub(super) fn headline(&self) -> Option<f64> {
        self.query.headline()
    }

    /// The question that the answer belongs to.
    pub(super) fn answered_question(&self) -> Option<&Builder> {
        self.query.answered_question()
    }

    fn edit(&mut self, edit: Edit, session: &Session) {
        let Some(history) = &mut self.history else {
            return;
        };
        let mut next = history.now().clone();
        question::apply(&mut next, edit, &self.catalog, today(session));
        if history.push(next) {
            self.query.due_at(session.time_s + DEBOUNCE_S);
        }
    }

    fn step(&mut self, now_s: f64, step: impl Fn(&mut History) -> bool) {
        if self.history.as_mut().is_some_and(step) {
            self.query.due_at(now_s + DEBOUNCE_S);
        }
    }

    fn begin(&mut self, session: &Session) {
        if session.schema.latest().is_none() || session.project().is_none() {
            return;
        }
        let newest = session.newest_event_ms();
        let (range, width) = first_screen(session.now_ms, newest, &session.zone());
        self.history = Some(History::new(Builder::first(range, width)));
        self.query.due_at(session.time_s);
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
