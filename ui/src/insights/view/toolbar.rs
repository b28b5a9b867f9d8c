//! The toolbar over the answer: range, bucket width, kind of chart.

use egui::{Align, Layout, Ui};

use super::range_menu;
use crate::{
    insights::{
        question::{Builder, Edit, granularities, granularity_label},
        state::{ChartKind, InsightsCommand, InsightsState, today},
    },
    session::View,
    theme::tokens,
    widgets::{Button, ButtonKind, Choice, Icon, Picker, segmented},
};

const KINDS: [(ChartKind, &str); 3] = [
    (ChartKind::Line, "Line"),
    (ChartKind::Bar, "Bar"),
    (ChartKind::Table, "Table"),
];
/// Below this width the kinds of chart are in a second row.
const ONE_ROW: f32 = 380.0;
/// The largest width of bucket width and kinds of chart together.
const OTHERS: f32 = 262.0;
/// Width of the button that resets the zoom.
const RESET: f32 = 108.0;

pub(super) fn show(ui: &mut Ui, state: &InsightsState, builder: &Builder, view: View<'_>) {
    let one_row = ui.available_width() >= ONE_ROW;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens(ui).space.s;
        if state.display().query_folded {
            let unfold = Button::icon_only(Icon::Unfold, "Unfold the query");
            if ui.add(unfold).clicked() {
                view.commands.send(InsightsCommand::ToggleQuery);
            }
        }
        let zoomed = state.display().zoom.is_some();
        let others = if one_row { OTHERS } else { 100.0 };
        let reset = if zoomed { RESET } else { 0.0 };
        let room = ui.available_width() - others - reset;
        range_menu::show(ui, builder, room, view);
        width_picker(ui, builder, view);
        if zoomed && ui.add(Button::secondary("Reset zoom")).clicked() {
            view.commands.send(InsightsCommand::Zoom(None));
        }
        if one_row {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                kinds(ui, state, view);
            });
        }
    });
    if !one_row {
        kinds(ui, state, view);
    }
}

fn width_picker(ui: &mut Ui, builder: &Builder, view: View<'_>) {
    let picked = Picker::new("Width of a bucket", granularity_label(builder.granularity))
        .kind(ButtonKind::Secondary)
        .list_width(140.0)
        .show(ui, || {
            let choice = |width| Choice::new(width, granularity_label(width));
            let offered = granularities(&builder.range, today(view.session));
            offered.into_iter().map(choice).collect()
        });
    if let Some(width) = picked {
        view.commands
            .send(InsightsCommand::Edit(Edit::Granularity(width)));
    }
}

fn kinds(ui: &mut Ui, state: &InsightsState, view: View<'_>) {
    if let Some(kind) = segmented(ui, &KINDS, state.display().kind) {
        view.commands.send(InsightsCommand::Kind(kind));
    }
}
