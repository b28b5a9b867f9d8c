//! The navigation: a button for each module.

use egui::{Align2, Rect, Response, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    command::{Command, Module},
    session::View,
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
    place(ui, Module::Insights, top);
    top += PITCH;
    let divider = area.x_range().shrink(tokens.space.l);
    ui.painter().hline(divider, top + 9.0, line);
    top += 19.0;
    place(ui, Module::Live, top);
    let last = area.bottom() - tokens.space.m - ITEM_HEIGHT;
    place(ui, Module::Settings, last);
    fold_button(ui, view, folded, area, last);
}

fn fold_button(ui: &mut Ui, view: View<'_>, folded: bool, area: Rect, last: f32) {
    let (icon, name) = if folded {
        (Icon::Unfold, "Unfold the navigation")
    } else {
        (Icon::Fold, "Fold the navigation")
    };
    let side = 26.0;
    let top = if folded { last - PITCH } else { last + 2.0 };
    let left = if folded {
        area.center().x - side / 2.0
    } else {
        area.right() - side - 13.0
    };
    let rect = Rect::from_min_size(pos2(left, top), vec2(side, ITEM_HEIGHT - 4.0));
    if ui.put(rect, Button::icon_only(icon, name)).clicked() {
        view.commands.send(Command::ToggleNavigation);
    }
}

fn item(ui: &mut Ui, rect: Rect, module: Module, selected: bool, folded: bool) -> Response {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let id = ui.scope_id().with(("go", module.label()));
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
    let icon = match module {
        Module::Insights => Icon::Insights,
        Module::Live => Icon::Live,
        Module::Settings => Icon::Settings,
    };
    let x = if folded {
        rect.center().x
    } else {
        rect.left() + 18.0
    };
    let square = Rect::from_center_size(pos2(x, rect.center().y), vec2(16.0, 16.0));
    icon.paint(ui.painter(), square, tokens.size.icon, ink);
    if !folded {
        let at = pos2(rect.left() + 36.0, rect.center().y);
        paint_text(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            module.label(),
            kind,
            ink,
        );
    }
    focus_ring(ui, &response, rect.shrink(1.0), tokens.radius.control);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, module.label()));
    if folded {
        return response.on_hover_text(module.label());
    }
    response
}
