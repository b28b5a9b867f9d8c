//! Asks a question and keeps its answer: after a pause, only where something changed, and one at a
//! time: the next question cancels the one that is under way.

use empmix_protocol::{Call, ErrorCode};
use empmix_query::{answer::Answer, report::Report};
use serde_json::Value;

use super::{ChartModel, Question};
use crate::{async_value::AsyncValue, session::UpdateCtx};

/// The question that was asked last, and its answers.
#[derive(Debug)]
pub(super) struct Asking<Q> {
    /// When the question is asked, in seconds of the frame clock.
    due_s: Option<f64>,
    /// Whether it is asked even if it equals the last one.
    forced: bool,
    /// The question that was asked last, and its report; an incomplete part of a question does not
    /// change the report.
    asked: Option<(Q, Report)>,
    answer: AsyncValue<Answer>,
    /// The latest answer, prepared for display, and its question.
    shown: Option<(Q, ChartModel)>,
}

impl<Q> Default for Asking<Q> {
    fn default() -> Self {
        Self {
            due_s: None,
            forced: false,
            asked: None,
            answer: AsyncValue::NotAsked,
            shown: None,
        }
    }
}

impl<Q: Question> Asking<Q> {
    /// Asks at that time if the report differs from the last one.
    pub(super) fn due_at(&mut self, time_s: f64) {
        self.due_s = Some(time_s);
    }

    /// Asks in the next frame if the report differs from the last one.
    pub(super) fn due_now(&mut self) {
        self.due_s = Some(0.0);
    }

    /// Asks now, even if the report is the same.
    pub(super) fn force(&mut self, now_s: f64) {
        self.due_s = Some(now_s);
        self.forced = true;
    }

    /// The latest answer, and its question.
    pub(super) fn shown(&self) -> Option<&(Q, ChartModel)> {
        self.shown.as_ref()
    }

    /// The answer and the state of the last request.
    pub(super) fn request(&self) -> &AsyncValue<Answer> {
        &self.answer
    }

    /// The backend answers again: asks again where it was unreachable.
    pub(super) fn retry(&mut self, now_s: f64) {
        let code = self.answer.error().map(|error| error.code);
        if matches!(code, Some(ErrorCode::Disconnected | ErrorCode::Unavailable)) {
            self.force(now_s);
        }
    }

    pub(super) fn cancel(&mut self) {
        self.due_s = None;
        self.asked = None;
        self.answer.cancel();
    }

    /// Takes an answer that has arrived; returns whether there is a new one to show.
    pub(super) fn take_answer(&mut self) -> bool {
        if !self.answer.poll() {
            return false;
        }
        let (AsyncValue::Done(answer), Some((question, _))) = (&self.answer, &self.asked) else {
            return false;
        };
        self.shown = Some((question.clone(), question.chart(answer)));
        true
    }

    /// Whether the last request found the backend unreachable.
    pub(super) fn found_it_unreachable(&self) -> bool {
        let code = self.answer.error().map(|error| error.code);
        code == Some(ErrorCode::Disconnected)
    }

    pub(super) fn ask_when_due(&mut self, question: &Q, cx: UpdateCtx<'_>) {
        let Some(due_s) = self.due_s else { return };
        let wait_s = due_s - cx.session.time_s;
        if wait_s > 0.0 {
            cx.egui.request_repaint_after_secs(wait_s as f32);
            return;
        }
        self.due_s = None;
        let forced = std::mem::take(&mut self.forced) || self.answer.error().is_some();
        let Some(report) = question.report() else {
            return;
        };
        let is_same = self
            .asked
            .as_ref()
            .is_some_and(|(_, asked)| *asked == report);
        let Some(project) = cx.session.project_id.filter(|_| forced || !is_same) else {
            return;
        };
        let call = Call::Query {
            project,
            report: json(&report),
        };
        self.asked = Some((question.clone(), report));
        self.answer.ask(cx.backend.call(call), cx.session.time_s);
    }
}

/// Requests the pipeline or plan of a question.
pub(super) fn explain(question: &impl Question, cx: UpdateCtx<'_>) -> Option<AsyncValue<Value>> {
    let call = Call::Explain {
        project: cx.session.project_id?,
        report: json(&question.report()?),
    };
    let mut pipeline = AsyncValue::NotAsked;
    pipeline.ask(cx.backend.call(call), cx.session.time_s);
    Some(pipeline)
}

/// The report as JSON of the API.
pub(super) fn json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}
