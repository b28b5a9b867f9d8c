//! A segmented control: a choice between a few visible options.

use egui::{
    CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit::Role, vec2,
};

use super::{focus_ring, text::layout};
use crate::{
    texts::Key,
    theme::{Type, tokens},
};

/// Shows the options side by side; returns the one that was just chosen. The name is for assistive
/// technology.
pub fn segmented<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    choices: &[(T, Key)],
    chosen: T,
) -> Option<T> {
    let roles = (Role::RadioGroup, Role::RadioButton);
    group(ui, name, choices, chosen, roles)
}

/// Shows tabs, of which each has a page of its own below; returns the one that was just chosen.
pub fn tabs<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    choices: &[(T, Key)],
    chosen: T,
) -> Option<T> {
    group(ui, name, choices, chosen, (Role::TabList, Role::Tab))
}

fn group<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    choices: &[(T, Key)],
    chosen: T,
    (group, option): (Role, Role),
) -> Option<T> {
    let group = UiBuilder::new()
        .accessibility_role(group)
        .accessibility_label(name);
    ui.scope_builder(group, |ui| options(ui, choices, chosen, option))
        .inner
}

fn options<T: PartialEq + Copy>(
    ui: &mut Ui,
    choices: &[(T, Key)],
    chosen: T,
    role: Role,
) -> Option<T> {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let pad = tokens.space.m - 1.0;
    let names: Vec<String> = choices.iter().map(|(_, name)| name.text()).collect();
    let widths: Vec<f32> = names
        .iter()
        .map(|name| {
            let wide = layout(ui.painter(), name, Type::Strong, color.text, f32::INFINITY);
            wide.size().x + 2.0 * pad
        })
        .collect();
    let size = vec2(widths.iter().sum(), tokens.size.control);
    let (rect, base) = ui.allocate_exact_size(size, Sense::HOVER);
    let mut picked = None;
    let mut left = rect.left();
    let options = choices.iter().zip(&names).zip(&widths);
    for (index, (((value, _), name), width)) in options.enumerate() {
        let place = Rect::from_min_size(egui::pos2(left, rect.top()), vec2(*width, size.y));
        left += width;
        let response = ui.interact(place, base.id.with(index), Sense::click());
        let selected = *value == chosen;
        let radius = corners(index, choices.len(), tokens.radius.control);
        if selected {
            ui.painter().rect_filled(place, radius, color.raised);
        }
        let (kind, ink) = match (selected, response.hovered()) {
            (true, _) => (Type::Strong, color.text),
            (false, true) => (Type::Body, color.text),
            (false, false) => (Type::Body, color.muted),
        };
        let galley = layout(ui.painter(), name, kind, ink, f32::INFINITY);
        let at = place.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, ink);
        focus_ring(ui, &response, place.shrink(1.0), tokens.radius.control);
        response.widget_info(|| WidgetInfo::selected(role, true, selected, name));
        if response.clicked() {
            picked = Some(*value);
        }
    }
    let stroke = Stroke::new(1.0, color.border);
    ui.painter()
        .rect_stroke(rect, tokens.radius.control, stroke, StrokeKind::Inside);
    picked.filter(|value| *value != chosen)
}

/// Corners: round at both ends of the group, square in between.
fn corners(index: usize, count: usize, radius: f32) -> CornerRadius {
    let radius = radius as u8;
    let left = if index == 0 { radius } else { 0 };
    let right = if index + 1 == count { radius } else { 0 };
    CornerRadius {
        nw: left,
        sw: left,
        ne: right,
        se: right,
    }
}
