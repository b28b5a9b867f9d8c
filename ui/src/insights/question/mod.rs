//! The question that the query panel edits, and the report that it becomes.

mod builder;
mod edit;
mod read;
mod report;
mod sentence;

pub use builder::{Builder, MAX_SERIES, MeasureDraft, SeriesDraft};
pub use edit::{Edit, apply};
pub use report::{report, series_id};
pub use sentence::{measure_label, sentence, series_label};

use empmix_query::{answer::Answer, report::Report};

use super::answer::chart_model;
use crate::{
    report::{ChartModel, FilterDraft, Question, Shared},
    text,
    texts::Key,
};

impl Question for Builder {
    fn first(shared: Shared) -> Self {
        Self {
            series: vec![SeriesDraft::default()],
            shared,
        }
    }

    fn of_report(report: &Report) -> Option<Self> {
        read::read(report)
    }

    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn shared_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }

    fn filters_of_part(&mut self, part: usize) -> Option<&mut Vec<FilterDraft>> {
        let series = self.series.get_mut(part);
        series.map(|series| &mut series.filters)
    }

    fn parts(&self) -> usize {
        self.series.len()
    }

    fn report(&self) -> Option<Report> {
        report(self)
    }

    fn chart(&self, answer: &Answer) -> ChartModel {
        chart_model(answer, self)
    }

    fn headline_label(&self) -> String {
        let Some(series) = self.series.first() else {
            return String::new();
        };
        let measure = measure_label(&series.measure);
        match &series.event {
            Some(event) => text!("insights-headline", measure = measure, event = event),
            None => measure,
        }
    }

    fn missing(&self) -> Key {
        Key("insights-missing")
    }
}
