//! The header of a table.

use egui::{
    Align2, Rect, Response, Sense, Ui, Vec2, WidgetInfo,
    accesskit::{Role, SortDirection},
    pos2,
};

use super::{focus_ring, icon::Icon, text::layout};
use crate::theme::{Type, tokens};

/// The direction in which a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Largest first.
    Descending,
    /// Smallest first.
    Ascending,
}

/// The header of one column.
#[must_use = "show it"]
pub struct HeaderCell<'a> {
    label: &'a str,
    right: bool,
    sort: Option<Sort>,
    sortable: bool,
}

impl<'a> HeaderCell<'a> {
    /// The header of a column of text.
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            right: false,
            sort: None,
            sortable: false,
        }
    }

    /// Aligns it to the right, for a column of numbers.
    pub fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// Makes it clickable; `sort` is the current direction if the table is sorted by this column.
    pub fn sortable(mut self, sort: Option<Sort>) -> Self {
        self.sortable = true;
        self.sort = sort;
        self
    }

    /// Shows it in `rect`.
    pub fn show(self, ui: &mut Ui, rect: Rect) -> Response {
        let tokens = tokens(ui);
        let sense = if self.sortable {
            Sense::click()
        } else {
            Sense::HOVER
        };
        let id = ui.scope_id().with(("header", self.label));
        let response = ui.interact(rect, id, sense);
        let lit = self.sortable && (response.hovered() || self.sort.is_some());
        let ink = if lit {
            tokens.color.text
        } else {
            tokens.color.muted
        };
        let arrow = if self.sort.is_some() { 14.0 } else { 0.0 };
        let width = rect.width() - arrow;
        let galley = layout(ui.painter(), self.label, Type::Small, ink, width);
        let text_width = galley.size().x;
        let anchor = if self.right {
            Align2::RIGHT_CENTER
        } else {
            Align2::LEFT_CENTER
        };
        let edge = if self.right {
            rect.right() - arrow
        } else {
            rect.left()
        };
        let place = anchor.anchor_size(pos2(edge, rect.center().y), galley.size());
        let cut = galley.elided;
        ui.painter().galley(place.min, galley, ink);
        if let Some(sort) = self.sort {
            let icon = match sort {
                Sort::Descending => Icon::SortDown,
                Sort::Ascending => Icon::SortUp,
            };
            let x = if self.right {
                rect.right() - 5.0
            } else {
                rect.left() + text_width + 9.0
            };
            let square = Rect::from_center_size(pos2(x, rect.center().y), Vec2::splat(12.0));
            icon.paint(ui.painter(), square, 11.0, ink);
        }
        focus_ring(
            ui,
            &response,
            rect.expand2(Vec2::new(4.0, -3.0)),
            tokens.radius.control,
        );
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, self.label));
        if let Some(sort) = self.sort {
            let direction = match sort {
                Sort::Descending => SortDirection::Descending,
                Sort::Ascending => SortDirection::Ascending,
            };
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_sort_direction(direction));
        }
        if cut {
            return response.on_hover_text(self.label);
        }
        response
    }
}
