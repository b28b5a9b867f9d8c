//! What stands in place of an answer: nothing yet, too slow, failed, unfinished.

use egui::{Align2, Rect, Ui, pos2, vec2};
use empmix_protocol::{ApiError, ErrorCode};

use crate::{
    async_value::AsyncValue,
    command::Command,
    insights::{
        question::{Builder, report},
        state::{InsightsCommand, InsightsState},
    },
    session::View,
    theme::{Type, tokens},
    widgets::{Button, Icon, card, label, label_wrapped, paint_text, progress_line, skeleton},
};

/// From here on the time that an answer takes is shown.
pub(super) const SLOW_S: f64 = 2.0;

/// Shows why there is no answer, where there is none; returns whether that is all there is to see.
pub(super) fn show_instead(
    ui: &mut Ui,
    state: &InsightsState,
    builder: &Builder,
    view: View<'_>,
    room: f32,
) -> bool {
    if let AsyncValue::Failed { error, .. } = state.request() {
        failed(ui, error, view);
        return state.answered().is_none();
    }
    if state.answered().is_some() {
        return false;
    }
    if report(builder).is_none() {
        unfinished(ui);
    } else {
        first_time(ui, state, room, view);
    }
    true
}

fn unfinished(ui: &mut Ui) {
    let color = &tokens(ui).color;
    label(
        ui,
        "Choose a property that holds numbers to go on",
        Type::Body,
        color.muted,
    );
}

/// Blocks where headline, chart and table will stand.
fn first_time(ui: &mut Ui, state: &InsightsState, room: f32, view: View<'_>) {
    let tokens = tokens(ui);
    let whole = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), room));
    let block = |top: f32, width: f32, height: f32| {
        Rect::from_min_size(pos2(whole.left(), whole.top() + top), vec2(width, height))
    };
    skeleton(ui, block(4.0, 140.0, 24.0));
    let chart = block(44.0, whole.width(), tokens.size.chart_min.min(room - 60.0));
    skeleton(ui, chart);
    let Some(waiting_s) = state.request().waiting_s(view.session.time_s) else {
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

/// How long it takes so far, and a way out.
pub(super) fn slow(ui: &mut Ui, under: Rect, waiting_s: f64, view: View<'_>) {
    let tokens = tokens(ui);
    let text = format!("{waiting_s:.0} s so far");
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
    if ui.put(place, Button::secondary("Cancel")).clicked() {
        view.commands.send(InsightsCommand::Cancel);
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
            label(ui, what, Type::Strong, tokens.color.text);
        });
        label_wrapped(ui, &error.message, Type::Body, tokens.color.text);
        label_wrapped(ui, advice, Type::Body, tokens.color.muted);
        ui.horizontal(|ui| {
            if ui
                .add(Button::secondary("Try again").icon(Icon::Refresh))
                .clicked()
            {
                view.commands.send(InsightsCommand::Refresh);
            }
            if ui
                .add(Button::ghost("Copy details").icon(Icon::Copy))
                .clicked()
            {
                view.commands.send(Command::Copy {
                    text: details(error),
                    what: "the details",
                });
            }
        });
    });
}

/// What happened, and what to do about it.
fn explanation(error: &ApiError) -> (&'static str, &'static str) {
    match error.code {
        ErrorCode::InvalidQuery | ErrorCode::InvalidRequest => (
            "This question has no answer",
            "Change what the message names; undo takes the last change back.",
        ),
        ErrorCode::Unauthorized | ErrorCode::Forbidden => (
            "The sidecar does not let this console in",
            "Open the console again with the link that the sidecar printed.",
        ),
        ErrorCode::Disconnected => (
            "The sidecar does not answer",
            "It is asked again by itself; check that it is running.",
        ),
        ErrorCode::Unavailable => (
            "The store cannot be reached",
            "Nothing is lost; the events wait. Check the store and try again.",
        ),
        ErrorCode::NotFound => ("This project is gone", "Choose another project at the top."),
        _ => (
            "The answer could not be computed",
            "Try again; if it stays so, copy the details into a report.",
        ),
    }
}

fn details(error: &ApiError) -> String {
    let path = error.path.as_deref().unwrap_or("–");
    format!("{:?}\npath: {path}\n{}", error.code, error.message)
}
