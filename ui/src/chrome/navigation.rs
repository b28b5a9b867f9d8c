//! The navigation: a button for each module.

use egui::{Align2, Rect, Response, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    command::Command,
    module::{Group, Module, ROWS},
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{Button, Icon, focus_ring, paint_text},
};

/// Distance between the tops of two items.
const PITCH: f32 = 32.0;
const ITEM_HEIGHT: f32 = 30.0;

/// Shows the navigation.
pub(super) fn show(ui: &mut Ui, view: View<'_>, shown: Module, folded: bool) {
    let tokens = tokens(ui);
    let area = ui.max_rect();
    let line = Stroke::new(1.0, tokens.color.border);
    ui.painter().vline(area.right() - 0.5, area.y_range(), line);
    let mut top = area.top() + tokens.space.m;
    let place = |ui: &mut Ui, module: Module, top: f32| {
        let rect = Rect::from_min_size(
            pos2(area.left() + tokens.space.s, top),
            vec2(area.width() - 2.0 * tokens.space.s - 1.0, ITEM_HEIGHT),
        );
        if item(ui, rect, module, module == shown, folded).clicked() {
            view.commands.send(Command::Go(module));
        }
    };
    let (upper, bottom) = ROWS.split_at(ROWS.partition_point(|row| row.group != Group::Console));
    let mut before = upper.first().map(|row| row.group);
    for row in upper {
        if before.replace(row.group) != Some(row.group) {
            let divider = area.x_range().shrink(tokens.space.l);
            ui.painter().hline(divider, top + 9.0, line);
            top += 19.0;
        }
        place(ui, row.module, top);
        top += PITCH;
    }
    let first = area.bottom() - tokens.space.m - ITEM_HEIGHT - (bottom.len() as f32 - 1.0) * PITCH;
    for (index, row) in bottom.iter().enumerate() {
        place(ui, row.module, first + index as f32 * PITCH);
    }
    let last = area.bottom() - tokens.space.m - ITEM_HEIGHT;
    fold_button(ui, view, folded, area, (first, last));
}

fn fold_button(ui: &mut Ui, view: View<'_>, folded: bool, area: Rect, (first, last): (f32, f32)) {
    let (icon, name) = if folded {
        (Icon::Unfold, text!("chrome-unfold"))
    } else {
        (Icon::Fold, text!("chrome-fold"))
    };
    let side = 26.0;
    let top = if folded { first - PITCH } else { last + 2.0 };
    let left = if folded {
        area.center().x - side / 2.0
    } else {
        area.right() - side - 13.0
    };
    let rect = Rect::from_min_size(pos2(left, top), vec2(side, ITEM_HEIGHT - 4.0));
    if ui.put(rect, Button::icon_only(icon, &name)).clicked() {
        view.commands.send(Command::ToggleNavigation);
    }
}

fn item(ui: &mut Ui, rect: Rect, module: Module, selected: bool, folded: bool) -> Response {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let row = module.row();
    let label = row.label.text();
    let id = ui.scope_id().with(("go", row.name));
    let response = ui.interact(rect, id, Sense::click());
    if selected || response.hovered() {
        let fill = if selected {
            color.raised
        } else {
            color.hovered(color.surface)
        };
        ui.painter().rect_filled(rect, tokens.radius.control, fill);
    }
    let (kind, ink) = if selected {
        (Type::Strong, color.text)
    } else {
        (Type::Body, color.muted)
    };
    let x = if folded {
        rect.center().x
    } else {
        rect.left() + 18.0
    };
    let square = Rect::from_center_size(pos2(x, rect.center().y), vec2(16.0, 16.0));
    row.icon.paint(ui.painter(), square, tokens.size.icon, ink);
    if !folded {
        let at = pos2(rect.left() + 36.0, rect.center().y);
        paint_text(ui.painter(), at, Align2::LEFT_CENTER, &label, kind, ink);
    }
    focus_ring(ui, &response, rect.shrink(1.0), tokens.radius.control);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &label));
    if folded {
        return response.on_hover_text(label);
    }
    response
}
