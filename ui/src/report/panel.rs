//! The panel with the answer: toolbar, headline, chart, table, footer.

use egui::{Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{
    ChartKind, Question, ReportState, chart, footer, headline, pipeline, states, table, toolbar,
};
use crate::{
    session::View,
    theme::tokens,
    widgets::{progress_line, skeleton},
};

/// The height of the footer.
const FOOTER: f32 = 18.0;
/// The chart's card: the plot and its labels.
const CHART: f32 = 340.0;
/// The smallest height of the table: its header and four rows.
const TABLE_MIN: f32 = 141.0;

/// Shows the answer in the available area, and over it the pipeline if it is open.
pub(crate) fn show<Q: Question>(ui: &mut Ui, state: &ReportState<Q>, view: View<'_>) {
    let Some(question) = state.question() else {
        skeleton(ui, ui.max_rect().shrink(tokens(ui).space.l));
        return;
    };
    let tokens = tokens(ui);
    let whole = ui.max_rect();
    let inside = whole.shrink(tokens.space.l);
    let gap = tokens.space.m;
    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
        ui.spacing_mut().item_spacing.y = gap;
        toolbar::show(ui, state.display(), question.shared(), view);
        let footer_top = inside.bottom() - FOOTER;
        let body = ui.available_rect_before_wrap().with_max_y(footer_top - gap);
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            self::body(ui, state, question, view);
        });
        // The footer's links have the height of a control and extend beyond its line of text.
        let over = (tokens.size.control - FOOTER) / 2.0;
        let line = Rect::from_min_max(pos2(inside.left(), footer_top), inside.max);
        let place = line.expand2(vec2(0.0, over));
        ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
            footer::show(ui, state, view);
        });
    });
    if let Some(value) = state.pipeline() {
        ui.push_id("pipeline", |ui| pipeline::show(ui, whole, value, view));
    }
}

/// Headline, chart and table. They scroll when the window is not high enough for all of them.
fn body<Q: Question>(ui: &mut Ui, state: &ReportState<Q>, question: &Q, view: View<'_>) {
    let gap = tokens(ui).space.m;
    let room = ui.available_height();
    let chart = match state.display().kind {
        ChartKind::Table => 0.0,
        _ => (room * 0.5).max(CHART) + gap,
    };
    let least = headline::HEIGHT + gap + chart + TABLE_MIN;
    let height = room.max(least);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .content_margin(Margin::ZERO)
        .show(ui, |ui| {
            ui.set_max_width(ui.max_rect().width());
            if states::show_instead(ui, state, question, view, room) {
                return;
            }
            let Some(model) = state.chart() else {
                return;
            };
            let top = ui.cursor().top();
            let request = state.request();
            let unfinished = question.report().is_none();
            if request.is_pending() || request.error().is_some() || unfinished {
                ui.set_opacity(0.55);
            }
            headline::show(ui, state, model, view);
            if chart > 0.0 {
                chart::show(ui, state.display(), model, chart - gap, view);
            }
            let rest = height - headline::HEIGHT - gap - chart;
            table::show(ui, state.display(), model, rest, view);
            ui.set_opacity(1.0);
            let waiting_s = request.waiting_s(view.session.time_s);
            waiting(ui, waiting_s, top, view);
        });
}

/// The progress line over the previous answer, and after a while the elapsed time.
fn waiting(ui: &mut Ui, waiting_s: Option<f64>, top: f32, view: View<'_>) {
    let Some(waiting_s) = waiting_s else {
        return;
    };
    let line_top = top + headline::HEIGHT + tokens(ui).space.m;
    let rect = Rect::from_min_size(
        pos2(ui.max_rect().left(), line_top),
        vec2(ui.max_rect().width(), 2.0),
    );
    progress_line(ui, rect, view.session.time_s);
    if waiting_s >= states::SLOW_S {
        states::slow(ui, rect, waiting_s, view);
    }
}
