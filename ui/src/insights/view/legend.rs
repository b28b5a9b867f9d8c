//! The legend beside the headline: which line is which; a click hides or shows it, a double click
//! shows it alone.

use egui::{
    Popup, PopupCloseBehavior, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use crate::{
    insights::{
        answer::Answered,
        state::{InsightsCommand, InsightsState},
    },
    session::View,
    theme::{Type, tokens},
    widgets::{focus_ring, layout, popup_frame},
};

/// A name is at most this wide here.
const NAME: f32 = 150.0;
/// Room for `+ 19 others`.
const OTHERS: f32 = 84.0;
const GAP: f32 = 12.0;
const DOT: f32 = 14.0;

pub(super) fn show(
    ui: &mut Ui,
    state: &InsightsState,
    answered: &Answered,
    place: Rect,
    view: View<'_>,
) {
    if answered.lines.len() < 2 {
        return;
    }
    let ink = tokens(ui).color.text;
    let width = |ui: &Ui, index: usize| {
        let name = &answered.lines[index].name.text;
        DOT + layout(ui.painter(), name, Type::Body, ink, NAME).size().x
    };
    let wanted = answered
        .lines
        .iter()
        .filter(|line| line.shown_at_first)
        .count();
    let mut widths = Vec::new();
    let mut used = 0.0;
    for index in 0..wanted {
        let next = width(ui, index) + if index > 0 { GAP } else { 0.0 };
        let others = if index + 1 < answered.lines.len() {
            OTHERS + GAP
        } else {
            0.0
        };
        if used + next + others > place.width() {
            break;
        }
        used += next;
        widths.push(next);
    }
    let hidden = answered.lines.len() - widths.len();
    let mut right = place.right();
    let base = place.top() + 13.0;
    if hidden > 0 {
        right = others(ui, state, answered, hidden, pos2(right, base), view) - GAP;
    }
    let mut left = right - used;
    for (index, width) in widths.iter().enumerate() {
        let lead = if index > 0 { GAP } else { 0.0 };
        let rect = Rect::from_min_size(pos2(left + lead, base), vec2(width - lead, 18.0));
        item(ui, state, answered, index, rect, view);
        left += width;
    }
}

fn item(
    ui: &Ui,
    state: &InsightsState,
    answered: &Answered,
    index: usize,
    rect: Rect,
    view: View<'_>,
) {
    let tokens = tokens(ui);
    let name = &answered.lines[index].name.text;
    let shown = state.display().is_shown(index);
    let id = ui.scope_id().with(("legend", index));
    let response = ui.interact(rect, id, Sense::CLICK);
    let center = pos2(rect.left() + 4.0, rect.center().y);
    mark(ui, center, index, shown);
    let ink = if shown {
        tokens.color.text
    } else {
        tokens.color.muted
    };
    let galley = layout(
        ui.painter(),
        name,
        Type::Body,
        ink,
        rect.width() - DOT + 1.0,
    );
    let at = pos2(rect.left() + DOT, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, ink);
    focus_ring(ui, &response, rect.expand(2.0), tokens.radius.control);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, shown, name));
    if response.double_clicked() {
        view.commands.send(InsightsCommand::Solo(index));
    } else if response.clicked() {
        view.commands.send(InsightsCommand::Toggle(index));
    }
    response.on_hover_text(format!(
        "{name}\nClick to show or hide, double-click to show it alone"
    ));
}

/// The dot of a line; hollow while the line is hidden.
pub(super) fn mark(ui: &Ui, center: egui::Pos2, index: usize, shown: bool) {
    let color = tokens(ui).color.series(index);
    if shown {
        ui.painter().circle_filled(center, 4.0, color);
    } else {
        ui.painter()
            .circle_stroke(center, 3.4, Stroke::new(1.2, color));
    }
}

/// `+ 9 others` with the list of all lines; returns its left edge.
fn others(
    ui: &mut Ui,
    state: &InsightsState,
    answered: &Answered,
    hidden: usize,
    right_top: egui::Pos2,
    view: View<'_>,
) -> f32 {
    let tokens = tokens(ui);
    let text = match (hidden == answered.lines.len(), hidden) {
        (true, count) => format!("{count} lines"),
        (false, 1) => "+ 1 other".to_owned(),
        (false, count) => format!("+ {count} others"),
    };
    let galley = layout(ui.painter(), &text, Type::Body, tokens.color.muted, OTHERS);
    let size = vec2(galley.size().x, 18.0);
    let rect = Rect::from_min_size(pos2(right_top.x - size.x, right_top.y), size);
    let response = ui.interact(rect, ui.scope_id().with("others"), Sense::CLICK);
    let ink = if response.hovered() {
        tokens.color.text
    } else {
        tokens.color.muted
    };
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter()
        .galley_with_override_text_color(at, galley, ink);
    focus_ring(ui, &response, rect.expand(2.0), tokens.radius.control);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("All lines, {text}")));
    Popup::from_toggle_button_response(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .gap(tokens.space.xs)
        .width(280.0)
        .frame(popup_frame(ui).inner_margin(tokens.space.xs))
        .accessible_name("All lines")
        .show(|ui| {
            ui.set_width(280.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            let rows = answered.lines.len();
            ScrollArea::vertical()
                .max_height(10.0 * tokens.size.row)
                .show_rows(ui, tokens.size.row, rows, |ui, range| {
                    for index in range {
                        let size = vec2(280.0, tokens.size.row);
                        let (rect, _) = ui.allocate_exact_size(size, Sense::HOVER);
                        item(
                            ui,
                            state,
                            answered,
                            index,
                            rect.shrink2(vec2(tokens.space.s, 3.0)),
                            view,
                        );
                    }
                });
        });
    rect.left()
}
