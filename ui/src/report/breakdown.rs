//! The breakdown: the property that splits the answer into segments.

use egui::Ui;

use super::{
    Catalog, ChartModel, ReportCommand, ReportEdit, Shared,
    filters::{properties, property_list},
};
use crate::{
    session::View,
    text,
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
        let (name, label) = (
            text!("report-breakdown-add"),
            text!("report-breakdown-add-label"),
        );
        choose(ui, property_list(&name, &label, ButtonKind::Link));
        return;
    };
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.x = tokens(ui).space.s;
        ui.horizontal(|ui| {
            let width = ui.available_width() - REMOVE - tokens(ui).space.s;
            let name = text!("report-breakdown");
            let picker = property_list(&name, property, ButtonKind::Field)
                .width(width)
                .detail(values);
            choose(ui, picker);
            let remove = text!("report-breakdown-remove");
            let remove = Button::icon_only(Icon::Close, &remove).width(REMOVE);
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
    if others {
        text!("report-breakdown-top", count = values)
    } else {
        text!("report-breakdown-values", count = values)
    }
}
