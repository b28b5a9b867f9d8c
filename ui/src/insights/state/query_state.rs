//! Sends the question's query and takes the answers.

use empmix_protocol::{Call, ErrorCode};
use empmix_query::{
    answer::{Answer, ReportResult},
    report::Report,
};
use serde_json::Value;

use crate::{
    async_value::AsyncValue,
    insights::{
        answer::{ChartModel, chart_model},
        question::{Builder, overall_report, report, report_json},
    },
    session::UpdateCtx,
};

/// The query that was sent last, and its answers.
#[derive(Debug, Default)]
pub(super) struct QueryState {
    /// When the query is due, in seconds of the frame clock.
    due_s: Option<f64>,
    /// Whether the query is sent even if it equals the last one.
    forced: bool,
    /// The question that was sent last, and its report; an incomplete part of a question does not
    /// change the report.
    asked: Option<Builder>,
    asked_report: Option<Report>,
    answer: AsyncValue<Answer>,
    /// The answer without the breakdown, for the headline.
    overall: AsyncValue<Answer>,
    /// The latest answer, prepared for display, and its question.
    shown: Option<(Builder, ChartModel)>,
    /// The headline of the latest answer; `None` while it is unknown.
    headline: Option<f64>,
    /// Whether the last query found the backend unreachable.
    connection_lost: bool,
}

impl QueryState {
    /// Sends the query at that time if the report differs from the last one.
    pub(super) fn due_at(&mut self, time_s: f64) {
        self.due_s = Some(time_s);
    }

    /// Sends the query now, even if the report is the same.
    pub(super) fn force(&mut self, now_s: f64) {
        self.due_s = Some(now_s);
        self.forced = true;
    }

    pub(super) fn chart_model(&self) -> Option<&ChartModel> {
        self.shown.as_ref().map(|(_, model)| model)
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

    /// The backend answers again: repeats a query that failed because it was unreachable.
    pub(super) fn retry(&mut self, now_s: f64) {
        let code = self.answer.error().map(|error| error.code);
        if matches!(code, Some(ErrorCode::Disconnected | ErrorCode::Unavailable)) {
            self.force(now_s);
        }
    }

    /// Whether a query found the backend unreachable; returns true once.
    pub(super) fn take_connection_lost(&mut self) -> bool {
        std::mem::take(&mut self.connection_lost)
    }

    pub(super) fn cancel(&mut self) {
        self.due_s = None;
        self.asked_report = None;
        self.answer.cancel();
        self.overall.cancel();
    }

    /// Takes the answers that have arrived; returns whether there is a new one to show.
    pub(super) fn take_answers(&mut self) -> bool {
        let arrived = self.answer.poll();
        let overall_arrived = self.overall.poll();
        let mut is_new = false;
        if arrived && let (AsyncValue::Done(answer), Some(builder)) = (&self.answer, &self.asked) {
            self.shown = Some((builder.clone(), chart_model(answer, builder)));
            is_new = true;
        }
        let code = self.answer.error().map(|error| error.code);
        self.connection_lost |= arrived && code == Some(ErrorCode::Disconnected);
        if arrived || overall_arrived {
            self.headline = self.read_headline();
        }
        is_new
    }

    /// With a breakdown the total of the overall answer, else the first line's total.
    fn read_headline(&self) -> Option<f64> {
        let (builder, model) = self.shown.as_ref()?;
        if builder.breakdown.is_none() {
            return model.lines.first()?.total;
        }
        match &self.overall {
            AsyncValue::Done(answer) => {
                let ReportResult::Insights(result) = &answer.result;
                result.series.first()?.total
            }
            _ => None,
        }
    }

    pub(super) fn ask_when_due(&mut self, builder: &Builder, cx: UpdateCtx<'_>) {
        let Some(due_s) = self.due_s else { return };
        let wait_s = due_s - cx.session.time_s;
        if wait_s > 0.0 {
            cx.egui.request_repaint_after_secs(wait_s as f32);
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
        let Some(call) = query(&report, cx) else {
            return;
        };
        self.asked_report = Some(report);
        let now_s = cx.session.time_s;
        self.asked = Some(builder.clone());
        self.answer.ask(cx.backend.call(call), now_s);
        self.overall.cancel();
        if let Some(call) = overall_report(builder).and_then(|report| query(&report, cx)) {
            self.overall.ask(cx.backend.call(call), now_s);
        }
    }
}

fn query(report: &Report, cx: UpdateCtx<'_>) -> Option<Call> {
    Some(Call::Query {
        project: cx.session.project_id?,
        report: report_json(report),
    })
}

/// Requests the pipeline or plan of a question.
pub(super) fn explain(builder: &Builder, cx: UpdateCtx<'_>) -> Option<AsyncValue<Value>> {
    let call = Call::Explain {
        project: cx.session.project_id?,
        report: report_json(&report(builder)?),
    };
    let mut pipeline = AsyncValue::NotAsked;
    pipeline.ask(cx.backend.call(call), cx.session.time_s);
    Some(pipeline)
}
