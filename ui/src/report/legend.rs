//! The legend beside the headline: names and colours of the lines. A click hides or shows a line, a
//! double click shows only that line.

use egui::{
    Popup, PopupCloseBehavior, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{ChartModel, Display, DisplayCommand, ReportCommand};
use crate::{
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{focus_ring, layout, layout_name, popup_frame},
};

/// The largest width of a name.
const NAME: f32 = 150.0;
/// The largest width of a name when there are few lines.
const NAME_OF_FEW: f32 = 230.0;
/// Width of `+ 19 others`.
const OTHERS: f32 = 84.0;
const GAP: f32 = 12.0;
/// Width of a dot and the space after it.
const DOT: f32 = 14.0;
const HEIGHT: f32 = 18.0;
const LIST: f32 = 280.0;

/// The legend of an answer.
#[derive(Clone, Copy)]
pub(super) struct Legend<'a> {
    pub(super) display: &'a Display,
    pub(super) model: &'a ChartModel,
    pub(super) view: View<'a>,
}

impl Legend<'_> {
    /// Shows as many lines as fit, aligned to the right edge of `place`, and a button for the others.
    pub(super) fn show(self, ui: &mut Ui, place: Rect) {
        if self.model.lines.len() < 2 {
            return;
        }
        let widths = self.fitting(ui, place.width());
        let hidden = self.model.lines.len() - widths.len();
        let top = place.top() + 13.0;
        let mut right = place.right();
        if hidden > 0 {
            right = self.others(ui, hidden, pos2(right, top)) - GAP;
        }
        let mut left = right - widths.iter().sum::<f32>() - GAP * (widths.len().max(1) - 1) as f32;
        for (index, width) in widths.iter().enumerate() {
            let rect = Rect::from_min_size(pos2(left, top), vec2(*width, HEIGHT));
            self.item(ui, index, rect, &self.model.lines[index].name.short);
            left += width + GAP;
        }
    }

    /// The widths of the first lines that fit side by side.
    fn fitting(self, ui: &Ui, room: f32) -> Vec<f32> {
        let lines = &self.model.lines;
        let ink = tokens(ui).color.text;
        let max = if lines.len() < 4 { NAME_OF_FEW } else { NAME };
        let mut widths = Vec::new();
        let mut used = 0.0;
        for (index, line) in lines
            .iter()
            .enumerate()
            .take_while(|(_, line)| line.shown_at_first)
        {
            let name = layout_name(ui.painter(), &line.name.short, Type::Body, ink, max);
            let width = DOT + name.size().x;
            let others = if index + 1 < lines.len() { OTHERS } else { 0.0 };
            if used + width + others > room {
                break;
            }
            used += width + GAP;
            widths.push(width);
        }
        widths
    }

    fn item(self, ui: &Ui, index: usize, rect: Rect, text: &str) {
        let tokens = tokens(ui);
        let name = &self.model.lines[index].name.text;
        let shown = self.display.is_shown(index);
        let response = ui.interact(rect, ui.scope_id().with(("legend", index)), Sense::click());
        line_marker(ui, pos2(rect.left() + 4.0, rect.center().y), index, shown);
        let color = &tokens.color;
        let ink = if shown { color.text } else { color.muted };
        let galley = layout_name(
            ui.painter(),
            text,
            Type::Body,
            ink,
            rect.width() - DOT + 1.0,
        );
        let at = pos2(rect.left() + DOT, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, ink);
        focus_ring(ui, &response, rect.expand(2.0), tokens.radius.control);
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, shown, name));
        let send = |command| self.view.commands.send(ReportCommand::Display(command));
        if response.double_clicked() {
            send(DisplayCommand::Solo(index));
        } else if response.clicked() {
            send(DisplayCommand::Toggle(index));
        }
        response.on_hover_text(text!("report-legend-hint", name = name));
    }

    /// Shows `+ 9 others`, which opens the list of all lines; returns its left edge.
    fn others(self, ui: &mut Ui, hidden: usize, right_top: Pos2) -> f32 {
        let tokens = tokens(ui);
        let text = if hidden == self.model.lines.len() {
            text!("report-legend-lines", count = hidden)
        } else {
            text!("report-legend-others", count = hidden)
        };
        let galley = layout(ui.painter(), &text, Type::Body, tokens.color.muted, OTHERS);
        let left = right_top.x - galley.size().x;
        let rect = Rect::from_min_max(pos2(left, right_top.y), right_top + vec2(0.0, HEIGHT));
        let response = ui.interact(rect, ui.scope_id().with("others"), Sense::click());
        let color = &tokens.color;
        let ink = if response.hovered() {
            color.text
        } else {
            color.muted
        };
        let at = pos2(left, rect.center().y - galley.size().y / 2.0);
        ui.painter()
            .galley_with_override_text_color(at, galley, ink);
        focus_ring(ui, &response, rect.expand(2.0), tokens.radius.control);
        response.widget_info(|| {
            let name = text!("report-legend-others-name", others = &text);
            WidgetInfo::labeled(Role::Button, true, name)
        });
        let frame = popup_frame(ui).inner_margin(tokens.space.xs);
        Popup::from_toggle_button_response(&response)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .gap(tokens.space.xs)
            .width(LIST)
            .frame(frame)
            .accessible_name(text!("report-legend-all"))
            .show(|ui| self.list(ui));
        left
    }

    fn list(self, ui: &mut Ui) {
        let tokens = tokens(ui);
        let row = tokens.size.row;
        ui.set_width(LIST);
        ui.spacing_mut().item_spacing.y = 0.0;
        let lines = &self.model.lines;
        ScrollArea::vertical().max_height(10.0 * row).show_rows(
            ui,
            row,
            lines.len(),
            |ui, range| {
                for index in range {
                    let (rect, _) = ui.allocate_exact_size(vec2(LIST, row), Sense::HOVER);
                    let inside = rect.shrink2(vec2(tokens.space.s, 3.0));
                    self.item(ui, index, inside, &lines[index].name.text);
                }
            },
        );
    }
}

/// Paints the dot of a line; hollow while the line is hidden.
pub(super) fn line_marker(ui: &Ui, center: Pos2, index: usize, shown: bool) {
    let color = tokens(ui).color.series(index);
    if shown {
        ui.painter().circle_filled(center, 4.0, color);
    } else {
        let stroke = Stroke::new(1.2, color);
        ui.painter().circle_stroke(center, 3.4, stroke);
    }
}
