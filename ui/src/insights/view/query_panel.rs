//! The left panel: the question.

use egui::{Align, Layout, Margin, ScrollArea, Ui, UiBuilder};

use super::series_card;
use crate::{
    insights::{
        InsightsCommand, InsightsState,
        question::{Builder, Edit, MAX_SERIES, sentence},
    },
    report::{DisplayCommand, FilterScope, ReportCommand, Shared, breakdown, filters},
    session::View,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, Icon, card, label, section},
};

/// Space for the focus ring of a control at the edge.
const RING: f32 = 4.0;

pub(super) fn show(ui: &mut Ui, state: &InsightsState, view: View<'_>) {
    let Some(builder) = state.question() else {
        return;
    };
    let tokens = tokens(ui);
    let pad = tokens.space.l;
    let inside = ui.max_rect().shrink(pad);
    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
        ui.spacing_mut().item_spacing.y = tokens.space.m;
        title(ui, state.can_undo_and_redo(), view);
        let how = how_galley(ui, builder);
        let how_height = how.size().y;
        let body = ui
            .available_rect_before_wrap()
            .with_max_y(inside.bottom() - how_height - tokens.space.m);
        // Slightly wider than its controls, so that a focus ring is not clipped.
        let around = body.expand2(egui::vec2(RING, 0.0));
        ui.scope_builder(UiBuilder::new().max_rect(around), |ui| {
            ScrollArea::vertical()
                .auto_shrink([false, false])
                .content_margin(Margin::symmetric(RING as i8, 0))
                .show(ui, |ui| {
                    ui.set_max_width(inside.width());
                    questions(ui, state, builder, view);
                });
        });
        how_computed(ui, builder, how, inside);
    });
}

fn title(ui: &mut Ui, (can_undo, can_redo): (bool, bool), view: View<'_>) {
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        ui.set_height(tokens.size.control);
        label(ui, &text!("insights-title"), Type::Title, tokens.color.text);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let mut press = |icon, name: Key, enabled, command: ReportCommand| {
                let name = name.text();
                let button = Button::icon_only(icon, &name).enabled(enabled);
                if ui.add(button).clicked() {
                    view.commands.send(command);
                }
            };
            press(
                Icon::Fold,
                Key("insights-fold"),
                true,
                ReportCommand::Display(DisplayCommand::ToggleQuery),
            );
            press(
                Icon::Redo,
                Key("insights-redo"),
                can_redo,
                ReportCommand::Redo,
            );
            press(
                Icon::Undo,
                Key("insights-undo"),
                can_undo,
                ReportCommand::Undo,
            );
        });
    });
}

fn questions(ui: &mut Ui, state: &InsightsState, builder: &Builder, view: View<'_>) {
    section(ui, &text!("insights-series"));
    for index in 0..builder.series.len() {
        ui.push_id(("series", index), |ui| {
            series_card::show(ui, state.catalog(), builder, index, view);
        });
    }
    let add = text!("insights-add-series");
    if builder.series.len() < MAX_SERIES && ui.add(Button::link(&add)).clicked() {
        view.commands.send(InsightsCommand::Edit(Edit::AddSeries));
    }
    shared_parts(ui, state, &builder.shared, view);
}

/// Filters and breakdown.
fn shared_parts(ui: &mut Ui, state: &InsightsState, shared: &Shared, view: View<'_>) {
    let catalog = state.catalog();
    section(ui, &text!("insights-filters"));
    if !shared.filters.is_empty() {
        card(ui, |ui| {
            ui.set_width(ui.available_width());
            filters::show_all(ui, catalog, &shared.filters, FilterScope::Report, view);
        });
    }
    let scope = (FilterScope::Report, "");
    filters::add(ui, catalog, &text!("insights-add-filter"), scope, view);
    section(ui, &text!("insights-breakdown"));
    let values = match (&shared.breakdown, state.chart(), state.answered()) {
        (Some(property), Some(model), Some(answered)) => {
            breakdown::value_count(model, answered.series.len(), property)
        }
        _ => String::new(),
    };
    breakdown::show(ui, catalog, shared, &values, view);
}

fn how_galley(ui: &Ui, builder: &Builder) -> std::sync::Arc<egui::Galley> {
    use egui::text::{LayoutJob, TextFormat};
    let muted = tokens(ui).color.muted;
    let mut job = LayoutJob::default();
    job.wrap.max_width = ui.available_width();
    job.wrap.max_rows = 5;
    let format = |kind: Type| TextFormat {
        line_height: Some(17.0),
        ..TextFormat::simple(kind.font(), muted)
    };
    job.append(&text!("insights-how"), 0.0, format(Type::SmallStrong));
    job.append(&format!(" {}", sentence(builder)), 0.0, format(Type::Small));
    ui.painter().layout_job(job)
}

fn how_computed(
    ui: &mut Ui,
    builder: &Builder,
    galley: std::sync::Arc<egui::Galley>,
    inside: egui::Rect,
) {
    let size = galley.size();
    let at = egui::pos2(inside.left(), inside.bottom() - size.y);
    let cut = galley.elided;
    let color = tokens(ui).color.muted;
    ui.painter().galley(at, galley, color);
    let place = egui::Rect::from_min_size(at, size);
    let response = ui.interact(place, ui.scope_id().with("how"), egui::Sense::HOVER);
    let explanation = sentence(builder);
    response.widget_info(|| {
        let text = format!("{} {explanation}", text!("insights-how"));
        egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, text)
    });
    if cut {
        response.on_hover_text(explanation);
    }
}
