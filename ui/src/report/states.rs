//! What is shown instead of an answer: not there yet, slow, failed, incomplete question.

use egui::{Align2, Rect, Ui, pos2, vec2};
use empmix_protocol::{ApiError, ErrorCode};

use super::{Question, ReportCommand, ReportState, full};
use crate::{
    async_value::AsyncValue,
    command::Command,
    session::View,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, Icon, card, label, label_wrapped, paint_text, progress_line, skeleton},
};

/// After this time the elapsed time of a query is shown.
pub(super) const SLOW_S: f64 = 2.0;

/// Shows why there is no answer, if there is none; returns whether nothing else is to be shown.
pub(super) fn show_instead<Q: Question>(
    ui: &mut Ui,
    state: &ReportState<Q>,
    question: &Q,
    view: View<'_>,
    room: f32,
) -> bool {
    if let AsyncValue::Failed { error, .. } = state.request() {
        failed(ui, error, view);
        return state.chart().is_none();
    }
    if state.chart().is_some() {
        return false;
    }
    if question.report().is_none() {
        let color = tokens(ui).color.muted;
        label(ui, &question.missing().text(), Type::Body, color);
    } else {
        let waiting_s = state.request().waiting_s(view.session.time_s);
        first_time(ui, waiting_s, room, view);
    }
    true
}

/// Placeholders for headline and chart while the first query runs.
fn first_time(ui: &mut Ui, waiting_s: Option<f64>, room: f32, view: View<'_>) {
    let tokens = tokens(ui);
    let whole = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), room));
    let block = |top: f32, width: f32, height: f32| {
        Rect::from_min_size(pos2(whole.left(), whole.top() + top), vec2(width, height))
    };
    skeleton(ui, block(4.0, 140.0, 24.0));
    let chart = block(44.0, whole.width(), tokens.size.chart_min.min(room - 60.0));
    skeleton(ui, chart);
    let Some(waiting_s) = waiting_s else {
        return;
    };
    progress_line(ui, chart, view.session.time_s);
    if waiting_s >= SLOW_S {
        slow(ui, chart, waiting_s, view);
    } else {
        let rest = SLOW_S - waiting_s;
        ui.ctx().request_repaint_after_secs(rest as f32);
    }
}

/// Shows the elapsed time of a slow query and a button that cancels it.
pub(super) fn slow(ui: &mut Ui, under: Rect, waiting_s: f64, view: View<'_>) {
    let tokens = tokens(ui);
    let text = text!("report-slow", seconds = waiting_s.round_ties_even());
    let at = pos2(under.right() - 96.0, under.top() + 24.0);
    paint_text(
        ui.painter(),
        at,
        Align2::RIGHT_CENTER,
        &text,
        Type::Small,
        tokens.color.muted,
    );
    let place = Rect::from_min_size(
        pos2(under.right() - 84.0, under.top() + 10.0),
        vec2(72.0, tokens.size.control),
    );
    let cancel = text!("report-cancel");
    if ui.put(place, Button::secondary(&cancel)).clicked() {
        view.commands.send(ReportCommand::Cancel);
    }
}

fn failed(ui: &mut Ui, error: &ApiError, view: View<'_>) {
    let tokens = tokens(ui);
    let (what, advice) = explanation(error);
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = tokens.space.s;
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), egui::Sense::HOVER);
            Icon::Warning.paint(ui.painter(), rect, 16.0, tokens.color.bad);
            label(ui, &what.text(), Type::Strong, tokens.color.text);
        });
        label_wrapped(ui, &error.message, Type::Body, tokens.color.text);
        label_wrapped(ui, &advice.text(), Type::Body, tokens.color.muted);
        ui.horizontal(|ui| {
            let again = text!("report-try-again");
            let again = Button::secondary(&again).icon(Icon::Refresh);
            if ui.add(again).clicked() {
                view.commands.send(ReportCommand::Refresh);
            }
            let copy = text!("report-copy-details");
            let copy = Button::ghost(&copy).icon(Icon::Copy);
            if ui.add(copy).clicked() {
                view.commands.send(Command::Copy {
                    text: details(error),
                    what: Key("copied-details"),
                });
            }
        });
    });
}

/// The title of an error, and advice.
fn explanation(error: &ApiError) -> (Key, Key) {
    match error.code {
        ErrorCode::InvalidQuery | ErrorCode::InvalidRequest => {
            (Key("report-error-query"), Key("report-error-query-advice"))
        }
        ErrorCode::Unauthorized | ErrorCode::Forbidden => (
            Key("report-error-access"),
            Key("report-error-access-advice"),
        ),
        ErrorCode::Disconnected => (
            Key("report-error-disconnected"),
            Key("report-error-disconnected-advice"),
        ),
        ErrorCode::Unavailable => (Key("report-error-store"), Key("report-error-store-advice")),
        ErrorCode::NotFound => (
            Key("report-error-project"),
            Key("report-error-project-advice"),
        ),
        _ => (Key("report-error-other"), Key("report-error-other-advice")),
    }
}

fn details(error: &ApiError) -> String {
    text!(
        "report-error-details",
        code = format!("{:?}", error.code),
        path = error.path.clone().unwrap_or_else(|| full(None)),
        message = &error.message,
    )
}
