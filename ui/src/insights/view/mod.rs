//! Paints *Insights*: the query panel on the left, the answer on the right.

mod query_panel;
mod series_card;

use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};

use super::InsightsState;
use crate::{report::panel, session::View, theme::tokens};

/// Below this width the query panel is narrower, so that the answer has enough space.
const NARROW: f32 = 800.0;
/// Width of the query panel in a narrow window.
const NARROW_QUERY: f32 = 288.0;

/// Shows the module.
pub(super) fn show(ui: &mut Ui, state: &InsightsState, view: View<'_>) {
    let whole = ui.max_rect();
    let tokens = tokens(ui);
    let mut answer = whole;
    if !state.display().query_folded {
        let wide = whole.width() >= NARROW;
        let width = if wide {
            tokens.size.query
        } else {
            NARROW_QUERY
        };
        let query = Rect::from_min_size(whole.min, vec2(width, whole.height()));
        answer.min.x = query.max.x;
        let line = query.right() - 0.5;
        let stroke = egui::Stroke::new(1.0, tokens.color.border);
        ui.painter().vline(line, query.y_range(), stroke);
        let inside = query.with_max_x(query.right() - 1.0);
        region(ui, "query", inside, |ui| query_panel::show(ui, state, view));
    }
    region(ui, "answer", answer, |ui| panel::show(ui, state, view));
}

fn region(ui: &mut Ui, name: &str, rect: Rect, contents: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new()
        .id_salt(name)
        .max_rect(rect)
        .layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.shrink_clip_rect(rect);
        contents(ui);
    });
}
