//! The state of a report: its question with what came before, the answer, and how it is displayed.

use empmix_query::{answer::Answer, report::Report};
use serde_json::Value;

use super::{
    Catalog, ChartModel, Display, FilterDraft, FilterScope, ReportCommand, ReportEdit, Shared,
    asking::{Asking, explain},
    filters, first_screen,
    history::History,
};
use crate::{
    address::{self, Parameters},
    async_value::AsyncValue,
    command::Command,
    session::{Session, UpdateCtx},
    text,
    texts::Key,
};

/// Seconds without another change after which a question is asked.
const DEBOUNCE_S: f64 = 0.15;
/// What an address calls the pipeline.
const PIPELINE: &str = "pipeline";

/// The question of one kind of report while it is edited; parts of it may still be missing.
pub trait Question: Clone + PartialEq {
    /// The question of the first screen.
    fn first(shared: Shared) -> Self;

    /// The question of a report; `None` where the panel has no controls for a part of it.
    fn of_report(report: &Report) -> Option<Self>;

    /// What all questions have in common.
    fn shared(&self) -> &Shared;

    /// What all questions have in common, to be changed.
    fn shared_mut(&mut self) -> &mut Shared;

    /// The filters of one of its series or steps.
    fn filters_of_part(&mut self, part: usize) -> Option<&mut Vec<FilterDraft>>;

    /// How many series or steps it has.
    fn parts(&self) -> usize;

    /// The report, or `None` while nothing of it is complete. Incomplete parts are left out.
    fn report(&self) -> Option<Report>;

    /// Its answer, prepared for display.
    fn chart(&self, answer: &Answer) -> ChartModel;

    /// What the number over the chart counts: `unique users · Commit`.
    fn headline_label(&self) -> String;

    /// What is missing while there is no report.
    fn missing(&self) -> Key;
}

/// The state of a report.
#[derive(Debug)]
pub struct ReportState<Q> {
    history: Option<History<Q>>,
    /// Whether the question is that of the first screen, which follows the data until it is changed.
    is_first: bool,
    /// The question to begin with, from an address.
    to_open: Option<Q>,
    catalog: Catalog,
    /// Event count, newest event and property count of the schema that the catalog was made from.
    catalog_of: (u64, i64, usize),
    asking: Asking<Q>,
    display: Display,
    pipeline: Option<AsyncValue<Value>>,
    /// The pipeline is to be shown once there is a question, as an address has it.
    pipeline_to_open: bool,
}

impl<Q> Default for ReportState<Q> {
    fn default() -> Self {
        Self {
            history: None,
            is_first: false,
            to_open: None,
            catalog: Catalog::default(),
            catalog_of: (0, 0, 0),
            asking: Asking::default(),
            display: Display::default(),
            pipeline: None,
            pipeline_to_open: false,
        }
    }
}

impl<Q: Question> ReportState<Q> {
    /// The project's data changed (more events than before).
    pub fn ask_again(&mut self, cx: UpdateCtx<'_>) {
        if self.follows_data() {
            self.history = None;
        }
        self.asking.force(cx.session.time_s);
    }

    /// Whether the question is that of the first screen, which changes with the data.
    pub fn follows_data(&self) -> bool {
        let history = self.history.as_ref();
        self.is_first && history.is_none_or(History::is_untouched)
    }

    /// The backend answers again: asks again where it was unreachable.
    pub fn retry(&mut self, now_s: f64) {
        self.asking.retry(now_s);
    }

    /// Runs in each frame before the report is shown: takes the answer, asks when it is time.
    pub fn update_report(&mut self, cx: UpdateCtx<'_>) {
        self.read_schema(cx.session);
        if self.history.is_none() {
            self.begin(cx.session);
        }
        let Some(history) = &self.history else { return };
        let was_pending = self.asking.request().is_pending();
        if self.asking.take_answer() {
            let model = self.asking.shown().map(|(_, model)| model);
            self.display.adopt(model);
        }
        if was_pending && self.asking.found_it_unreachable() {
            cx.commands.send(Command::Reconnect);
        }
        self.asking.ask_when_due(history.now(), cx);
        if std::mem::take(&mut self.pipeline_to_open) {
            self.pipeline = explain(history.now(), cx);
        }
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.poll();
        }
    }

    /// Applies a command.
    pub fn apply_command(&mut self, command: ReportCommand, cx: UpdateCtx<'_>) {
        let now_s = cx.session.time_s;
        match command {
            ReportCommand::Refresh => self.asking.force(now_s),
            ReportCommand::Cancel => self.asking.cancel(),
            ReportCommand::Edit(edit) => self.change(cx.session, |question, catalog| {
                apply(question, edit, catalog, cx.session);
            }),
            ReportCommand::Undo => self.step(now_s, History::undo),
            ReportCommand::Redo => self.step(now_s, History::redo),
            ReportCommand::Display(command) => self.display.apply(command),
            ReportCommand::Pipeline(true) => {
                let question = self.question();
                self.pipeline = question.and_then(|question| explain(question, cx));
            }
            ReportCommand::Pipeline(false) => self.pipeline = None,
            ReportCommand::AskFilter => {
                self.display.query_folded = false;
                filters::open_add_filter(cx.egui);
            }
        }
    }

    /// Changes the question; it is asked after a pause.
    pub fn change(&mut self, session: &Session, change: impl FnOnce(&mut Q, &Catalog)) {
        let Some(history) = &mut self.history else {
            return;
        };
        let mut next = history.now().clone();
        change(&mut next, &self.catalog);
        if history.push(next) {
            self.asking.due_at(session.time_s + DEBOUNCE_S);
        }
    }

    /// The question; `None` until the project's schema is known.
    pub fn question(&self) -> Option<&Q> {
        self.history.as_ref().map(History::now)
    }

    /// Whether there is a state to go back to, and one to go forward to.
    pub fn can_undo_and_redo(&self) -> (bool, bool) {
        let history = self.history.as_ref();
        history.map_or((false, false), |history| {
            (history.can_undo(), history.can_redo())
        })
    }

    /// The latest answer, which may belong to an earlier question.
    pub fn chart(&self) -> Option<&ChartModel> {
        self.asking.shown().map(|(_, model)| model)
    }

    /// The question that the latest answer belongs to.
    pub fn answered(&self) -> Option<&Q> {
        self.asking.shown().map(|(question, _)| question)
    }

    /// The answer and the state of the last request.
    pub fn request(&self) -> &AsyncValue<Answer> {
        self.asking.request()
    }

    /// The events and properties that can be picked.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// How the answer is displayed.
    pub fn display(&self) -> &Display {
        &self.display
    }

    pub(super) fn pipeline(&self) -> Option<&AsyncValue<Value>> {
        self.pipeline.as_ref()
    }

    /// The state that belongs into the page's address.
    pub fn parameters(&self) -> Parameters {
        let question = self.question().or(self.to_open.as_ref());
        let report = question.and_then(Question::report);
        let report = report.map(|report| address::encode(&report));
        let parameters = Parameters::default().with_some(address::REPORT, report);
        let has_pipeline = self.pipeline.is_some() || self.pipeline_to_open;
        let open = has_pipeline.then_some(PIPELINE);
        self.display.add_to(parameters).with_some("open", open)
    }

    /// Takes the state of an address over; the error says why its report cannot be shown.
    pub fn open_report(&mut self, parameters: &Parameters) -> Result<(), String> {
        self.display.open(parameters);
        self.pipeline = None;
        let Some(text) = parameters.get(address::REPORT) else {
            return Ok(());
        };
        let question = Q::of_report(&address::decode(text)?);
        let question = question.ok_or_else(|| text!("address-report-without-controls"))?;
        self.pipeline_to_open = parameters.get("open") == Some(PIPELINE);
        match &mut self.history {
            // It is asked in the next frame.
            Some(history) => {
                if history.push(question) {
                    self.asking.due_now();
                }
            }
            None => self.to_open = Some(question),
        }
        Ok(())
    }

    fn step(&mut self, now_s: f64, step: impl Fn(&mut History<Q>) -> bool) {
        if self.history.as_mut().is_some_and(step) {
            self.asking.due_at(now_s + DEBOUNCE_S);
        }
    }

    fn begin(&mut self, session: &Session) {
        if session.schema.latest().is_none() || session.project().is_none() {
            return;
        }
        let question = self.to_open.take();
        self.is_first = question.is_none();
        let question = question.unwrap_or_else(|| {
            let events = session.oldest_and_newest_ms();
            let (range, width) = first_screen(session.now_ms, events, &session.zone());
            Q::first(Shared::of_range(range, width))
        });
        self.history = Some(History::new(question));
        self.asking.due_at(session.time_s);
    }

    fn read_schema(&mut self, session: &Session) {
        let Some(schema) = session.schema.latest() else {
            return;
        };
        let events = schema.events.iter();
        let of = (
            session.event_count().unwrap_or(0),
            session
                .oldest_and_newest_ms()
                .map_or(0, |(_, newest)| newest),
            events.map(|event| event.properties.len()).sum(),
        );
        if self.catalog_of != of {
            self.catalog_of = of;
            self.catalog = Catalog::new(schema);
        }
    }
}

/// Applies a change of a part that every question has.
fn apply<Q: Question>(question: &mut Q, edit: ReportEdit, catalog: &Catalog, session: &Session) {
    match edit {
        ReportEdit::Filter(scope, edit) => {
            let filters = match scope {
                FilterScope::Report => Some(&mut question.shared_mut().filters),
                FilterScope::Part(part) => question.filters_of_part(part),
            };
            if let Some(filters) = filters {
                filters::apply(filters, edit, catalog);
            }
        }
        ReportEdit::Breakdown(property) => question.shared_mut().breakdown = property,
        ReportEdit::Range(range) => {
            let shared = question.shared_mut();
            shared.range = range;
            shared.granularity = range.granularity(session.today());
        }
        ReportEdit::Granularity(width) => question.shared_mut().granularity = width,
    }
}
