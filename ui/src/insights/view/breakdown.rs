//! The breakdown: the property that splits the answer into segments.

use egui::Ui;

use super::filter_row::{properties, property_list};
use crate::{
    insights::{
        question::{Builder, Edit},
        state::{InsightsCommand, InsightsState},
    },
    session::View,
    theme::tokens,
    widgets::{Button, ButtonKind, Icon, card},
};

const REMOVE: f32 = 20.0;

pub(super) fn show(ui: &mut Ui, state: &InsightsState, builder: &Builder, view: View<'_>) {
    let choose = |ui: &mut Ui, picker: crate::widgets::Picker<'_>| {
        if let Some(property) = picker.show(ui, || properties(state.catalog())) {
            view.commands
                .send(InsightsCommand::Edit(Edit::Breakdown(Some(property))));
        }
    };
    let Some(property) = &builder.breakdown else {
        choose(
            ui,
            property_list("Add breakdown", "+ Add breakdown", ButtonKind::Link),
        );
        return;
    };
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.x = tokens(ui).space.s;
        ui.horizontal(|ui| {
            let width = ui.available_width() - REMOVE - tokens(ui).space.s;
            let count = segment_count(state, property);
            let picker = property_list("Break down by", property, ButtonKind::Field)
                .width(width)
                .detail(&count);
            choose(ui, picker);
            let remove = Button::icon_only(Icon::Close, "Remove breakdown").width(REMOVE);
            if ui.add(remove).clicked() {
                view.commands
                    .send(InsightsCommand::Edit(Edit::Breakdown(None)));
            }
        });
    });
}

/// The number of values in the answer, if the answer has this breakdown.
fn segment_count(state: &InsightsState, property: &str) -> String {
    let Some(model) = state.chart_model() else {
        return String::new();
    };
    if model.breakdown.as_deref() != Some(property) {
        return String::new();
    }
    let series = state
        .builder()
        .map_or(1, |builder| builder.series.len().max(1));
    let others = model.lines.iter().any(|line| line.name.is_rest);
    let values = (model.lines.len() / series).saturating_sub(usize::from(others));
    match (values, others) {
        (1, false) => "1 value".to_owned(),
        (values, false) => format!("{values} values"),
        (values, true) => format!("top {values}"),
    }
}
