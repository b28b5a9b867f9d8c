//! Asks the question and takes the answers.

use empmix_protocol::{Call, ErrorCode};
use empmix_query::{
    answer::{Answer, ReportResult},
    report::Report,
};
use serde_json::Value;

use crate::{
    async_value::AsyncValue,
    insights::{
        answer::{Answered, answered},
        question::{Builder, overall_report, report, report_json},
    },
    session::Work,
};

/// What was asked, and what came back.
#[derive(Debug, Default)]
pub(super) struct Asking {
    /// When the question is to be asked, in seconds of the frame clock.
    due_s: Option<f64>,
    /// Whether it is asked even if it is what was asked last.
    forced: bool,
    /// The question that was asked last, and its report; an unfinished part of a question does not
    /// change the report.
    asked: Option<Builder>,
    asked_report: Option<Report>,
    answer: AsyncValue<Answer>,
    /// The same without its breakdown, for the headline.
    overall: AsyncValue<Answer>,
    /// The latest answer, ready to be shown, and the question that it belongs to.
    shown: Option<(Builder, Answered)>,
    /// The headline of the latest answer; `None` while it is not known.
    headline: Option<f64>,
    /// The backend could not be reached.
    lost: bool,
}

impl Asking {
    /// Asks at that time if the report is another than the last one.
    pub(super) fn due_at(&mut self, time_s: f64) {
        self.due_s = Some(time_s);
    }

    /// Asks at once in any case.
    pub(super) fn force(&mut self, now_s: f64) {
        self.due_s = Some(now_s);
        self.forced = true;
    }

    pub(super) fn answered(&self) -> Option<&Answered> {
        self.shown.as_ref().map(|(_, answered)| answered)
    }

    pub(super) fn answered_question(&self) -> Option<&Builder> {
        self.shown.as_ref().map(|(builder, _)| builder)
    }

    pub(super) fn request(&self) -> &AsyncValue<Answer> {
        &self.answer
    }

    pub(super) fn headline(&self) -> Option<f64> {
        self.headline
    }

    /// The backend answers other calls: what it could not answer is asked again.
    pub(super) fn retry(&mut self, now_s: f64) {
        let code = self.answer.error().map(|error| error.code);
        if matches!(code, Some(ErrorCode::Disconnected | ErrorCode::Unavailable)) {
            self.force(now_s);
        }
    }

    /// Whether the backend was found to be away; says so once.
    pub(super) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    pub(super) fn cancel(&mut self) {
        self.due_s = None;
        self.asked_report = None;
        self.answer.cancel();
        self.overall.cancel();
    }

    /// Takes what has arrived; returns whether there is a new answer to show.
    pub(super) fn take_answers(&mut self) -> bool {
        let arrived = self.answer.poll();
        let overall_arrived = self.overall.poll();
        let mut is_new = false;
        if arrived && let (AsyncValue::Done(answer), Some(builder)) = (&self.answer, &self.asked) {
            self.shown = Some((builder.clone(), answered(answer, builder)));
            is_new = true;
        }
        let code = self.answer.error().map(|error| error.code);
        self.lost |= arrived && code == Some(ErrorCode::Disconnected);
        if arrived || overall_arrived {
            self.headline = self.read_headline();
        }
        is_new
    }

    /// The whole's answer beside a breakdown; else the first line's total.
    fn read_headline(&self) -> Option<f64> {
        let (builder, answered) = self.shown.as_ref()?;
        if builder.breakdown.is_none() {
            return answered.lines.first()?.total;
        }
        match &self.overall {
            AsyncValue::Done(answer) => {
                let ReportResult::Insights(result) = &answer.result;
                result.series.first()?.total
            }
            _ => None,
        }
    }

    pub(super) fn ask_when_due(&mut self, builder: &Builder, work: Work<'_>) {
        let Some(due_s) = self.due_s else { return };
        let wait_s = due_s - work.session.time_s;
        if wait_s > 0.0 {
            work.ctx.request_repaint_after_secs(wait_s as f32);
            return;
        }
        self.due_s = None;
        let forced = std::mem::take(&mut self.forced) || self.answer.error().is_some();
        let Some(report) = report(builder) else {
            return;
        };
        if !forced && self.asked_report.as_ref() == Some(&report) {
            return;
        }
        let Some(call) = query(&report, work) else {
            return;
        };
        self.asked_report = Some(report);
        let now_s = work.session.time_s;
        self.asked = Some(builder.clone());
        self.answer.ask(work.backend.call(call), now_s);
        self.overall.cancel();
        if let Some(call) = overall_report(builder).and_then(|report| query(&report, work)) {
            self.overall.ask(work.backend.call(call), now_s);
        }
    }
}

fn query(report: &Report, work: Work<'_>) -> Option<Call> {
    Some(Call::Query {
        project: work.session.project_id?,
        report: report_json(report),
    })
}

/// Asks for the pipeline or plan of a question.
pub(super) fn explain(builder: &Builder, work: Work<'_>) -> Option<AsyncValue<Value>> {
    let call = Call::Explain {
        project: work.session.project_id?,
        report: report_json(&report(builder)?),
    };
    let mut pipeline = AsyncValue::NotAsked;
    pipeline.ask(work.backend.call(call), work.session.time_s);
    Some(pipeline)
}
