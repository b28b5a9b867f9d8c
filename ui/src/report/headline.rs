//! The number over the chart, and the legend beside it.

use egui::{Align, Layout, Rect, Ui, UiBuilder, accesskit::Role, pos2, vec2};

use super::{ChartModel, Question, ReportState, compact, full, legend::Legend};
use crate::{
    session::View,
    text,
    theme::{Type, tokens},
    widgets::elided,
};

/// A number with more bytes than this is shown in compact form, such as `12.3T`.
const MAX_BYTES: usize = 17;
/// The height of the row.
pub(super) const HEIGHT: f32 = 32.0;

/// Shows the number, and the legend beside it.
pub(super) fn show<Q: Question>(
    ui: &mut Ui,
    state: &ReportState<Q>,
    model: &ChartModel,
    view: View<'_>,
) {
    let tokens = tokens(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Max), |ui| {
        ui.set_min_size(size);
        ui.spacing_mut().item_spacing.x = tokens.space.m;
        let left = ui.max_rect();
        let number = match model.headline {
            Some(value) if full(Some(value)).len() > MAX_BYTES => compact(value),
            value => full(value),
        };
        let what = state
            .answered()
            .map_or_else(String::new, Question::headline_label);
        let used = number_and_label(ui, &number, &what);
        let place = left.with_min_x(left.left() + used + tokens.space.xl);
        let legend = Legend {
            display: state.display(),
            model,
            view,
        };
        legend.show(ui, place);
    });
}

/// Shows the number and its label; returns their width.
fn number_and_label(ui: &mut Ui, number: &str, what: &str) -> f32 {
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
    let room = (rect.width() - width - tokens.space.m).clamp(0.0, 260.0);
    let label_rect = Rect::from_min_size(
        pos2(rect.left() + width + tokens.space.m, rect.top() + 12.0),
        vec2(room, 18.0),
    );
    let heading = Rect::from_min_max(rect.min, pos2(label_rect.left(), rect.bottom()));
    // A new answer is read out, wherever the focus is.
    let news = UiBuilder::new()
        .max_rect(heading)
        .accessibility_role(Role::Status);
    ui.scope_builder(news, |ui| {
        ui.expand_to_include_rect(heading);
        let id = ui.scope_id().with("headline");
        let response = ui.interact(heading, id, egui::Sense::HOVER);
        response.widget_info(|| {
            let text = text!("report-headline", number = number, what = what);
            egui::WidgetInfo::labeled(Role::Heading, true, text)
        });
    });
    let shown = ui.scope_builder(UiBuilder::new().max_rect(label_rect), |ui| {
        elided(ui, what, Type::Body, tokens.color.muted, room)
            .rect
            .width()
    });
    width + tokens.space.m + shown.inner
}
