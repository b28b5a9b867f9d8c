//! The breakdown: the property that splits the answer into segments.

use egui::Ui;

use super::{
    Catalog, ChartModel, ReportCommand, ReportEdit, Shared,
    filters::{properties, property_list},
};
use crate::{
    session::View,
    theme::tokens,
    widgets::{Button, ButtonKind, Icon, Picker, card},
};

const REMOVE: f32 = 20.0;

/// Shows the property, or the link to choose one. `values` says how many values it has.
pub(crate) fn show(ui: &mut Ui, catalog: &Catalog, shared: &Shared, values: &str, view: View<'_>) {
    let send = |property| {
        let edit = ReportEdit::Breakdown(property);
        view.commands.send(ReportCommand::Edit(edit));
    };
    let choose = |ui: &mut Ui, picker: Picker<'_>| {
        if let Some(property) = picker.show(ui, || properties(catalog)) {
            send(Some(property));
        }
    };
    let Some(property) = &shared.breakdown else {
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
            let picker = property_list("Break down by", property, ButtonKind::Field)
                .width(width)
                .detail(values);
            choose(ui, picker);
            let remove = Button::icon_only(Icon::Close, "Remove breakdown").width(REMOVE);
            if ui.add(remove).clicked() {
                send(None);
            }
        });
    });
}

/// How many values the property has in the answer, if the answer is split by it.
pub(crate) fn value_count(model: &ChartModel, series: usize, property: &str) -> String {
    if model.breakdown.as_deref() != Some(property) {
        return String::new();
    }
    let others = model.lines.iter().any(|line| line.name.is_rest);
    let values = (model.lines.len() / series.max(1)).saturating_sub(usize::from(others));
    match (values, others) {
        (1, false) => "1 value".to_owned(),
        (values, false) => format!("{values} values"),
        (values, true) => format!("top {values}"),
    }
}
