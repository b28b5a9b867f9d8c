//! The right panel: toolbar, headline, chart, table, footer.

use egui::{Align, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{chart, footer, legend, states, table, toolbar};
use crate::{
    insights::{
        answer::{ChartModel, compact, full},
        question::{Builder, measure_label, report},
        state::{ChartKind, InsightsState},
    },
    session::View,
    theme::{Type, tokens},
    widgets::{elided, progress_line, skeleton},
};

/// A headline with more bytes than this is shown in compact form, such as `12.3T`.
const MAX_HEADLINE_BYTES: usize = 17;
/// The height of the headline's row.
const HEADLINE: f32 = 32.0;
/// The height of the footer.
const FOOTER: f32 = 18.0;
/// The chart's card: the plot and its labels.
const CHART: f32 = 340.0;
/// The smallest height of the table: its header and four rows.
const TABLE_MIN: f32 = 141.0;

pub(super) fn show(ui: &mut Ui, state: &InsightsState, view: View<'_>) {
    let Some(builder) = state.builder() else {
        skeleton(ui, ui.max_rect().shrink(tokens(ui).space.l));
        return;
    };
    let tokens = tokens(ui);
    let inside = ui.max_rect().shrink(tokens.space.l);
    let gap = tokens.space.m;
    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
        ui.spacing_mut().item_spacing.y = gap;
        toolbar::show(ui, state, builder, view);
        let footer_top = inside.bottom() - FOOTER;
        let body = ui.available_rect_before_wrap().with_max_y(footer_top - gap);
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            self::body(ui, state, builder, view);
        });
        // The footer's links have the height of a control and extend beyond its line of text.
        let over = (tokens.size.control - FOOTER) / 2.0;
        let line = Rect::from_min_max(pos2(inside.left(), footer_top), inside.max);
        let place = line.expand2(vec2(0.0, over));
        ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
            footer::show(ui, state, view);
        });
    });
}

/// Headline, chart and table. They scroll when the window is not high enough for all of them.
fn body(ui: &mut Ui, state: &InsightsState, builder: &Builder, view: View<'_>) {
    let gap = tokens(ui).space.m;
    let room = ui.available_height();
    let chart = match state.display().kind {
        ChartKind::Table => 0.0,
        _ => (room * 0.5).max(CHART) + gap,
    };
    let least = HEADLINE + gap + chart + TABLE_MIN;
    let height = room.max(least);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .content_margin(Margin::ZERO)
        .show(ui, |ui| {
            ui.set_max_width(ui.max_rect().width());
            if states::show_instead(ui, state, builder, view, room) {
                return;
            }
            let Some(model) = state.chart_model() else {
                return;
            };
            let top = ui.cursor().top();
            let request = state.request();
            let unfinished = report(builder).is_none();
            if request.is_pending() || request.error().is_some() || unfinished {
                ui.set_opacity(0.55);
            }
            headline(ui, state, model, view);
            if chart > 0.0 {
                chart::show(ui, state, model, chart - gap, view);
            }
            let rest = height - HEADLINE - gap - chart;
            table::show(ui, state, model, rest, view);
            ui.set_opacity(1.0);
            waiting(ui, state, top, view);
        });
}

/// The progress line over the previous answer, and after a while the elapsed time.
fn waiting(ui: &mut Ui, state: &InsightsState, top: f32, view: View<'_>) {
    let Some(waiting_s) = state.request().waiting_s(view.session.time_s) else {
        return;
    };
    let line_top = top + HEADLINE + tokens(ui).space.m;
    let rect = Rect::from_min_size(
        pos2(ui.max_rect().left(), line_top),
        vec2(ui.max_rect().width(), 2.0),
    );
    progress_line(ui, rect, view.session.time_s);
    if waiting_s >= states::SLOW_S {
        states::slow(ui, rect, waiting_s, view);
    }
}

fn headline(ui: &mut Ui, state: &InsightsState, model: &ChartModel, view: View<'_>) {
    let tokens = tokens(ui);
    let size = vec2(ui.available_width(), HEADLINE);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Max), |ui| {
        ui.set_min_size(size);
        ui.spacing_mut().item_spacing.x = tokens.space.m;
        let left = ui.max_rect();
        let number = match state.headline() {
            Some(value) if full(Some(value)).len() > MAX_HEADLINE_BYTES => compact(value),
            value => full(value),
        };
        let used = headline_text(ui, state, &number);
        let place = left.with_min_x(left.left() + used + tokens.space.xl);
        let legend = legend::Legend { state, model, view };
        legend.show(ui, place);
    });
}

/// Shows the number and its label; returns their width.
fn headline_text(ui: &mut Ui, state: &InsightsState, number: &str) -> f32 {
    let tokens = tokens(ui);
    let rect = ui.max_rect();
    let galley = crate::widgets::layout(
        ui.painter(),
        number,
        Type::Headline,
        tokens.color.text,
        280.0,
    );
    let width = galley.size().x;
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.color.text);
    let what = headline_label(state);
    let room = (rect.width() - width - tokens.space.m).clamp(0.0, 260.0);
    let label_rect = Rect::from_min_size(
        pos2(rect.left() + width + tokens.space.m, rect.top() + 12.0),
        vec2(room, 18.0),
    );
    let response = ui.interact(
        Rect::from_min_max(rect.min, pos2(label_rect.left(), rect.bottom())),
        ui.scope_id().with("headline"),
        egui::Sense::HOVER,
    );
    response.widget_info(|| {
        let text = format!("{number} {what}");
        egui::WidgetInfo::labeled(egui::accesskit::Role::Heading, true, text)
    });
    let shown = ui.scope_builder(UiBuilder::new().max_rect(label_rect), |ui| {
        elided(ui, &what, Type::Body, tokens.color.muted, room)
            .rect
            .width()
    });
    width + tokens.space.m + shown.inner
}

fn headline_label(state: &InsightsState) -> String {
    let series = state
        .answered_question()
        .and_then(|builder| builder.series.first());
    let Some(series) = series else {
        return String::new();
    };
    let measure = measure_label(&series.measure);
    match &series.event {
        Some(event) => format!("{measure} · {event}"),
        None => measure,
    }
}
