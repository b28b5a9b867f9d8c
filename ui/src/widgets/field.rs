//! Text fields.

use egui::{
    CornerRadius, Frame, Margin, Response, RichText, Stroke, StrokeKind, TextEdit, Ui, vec2,
};

use super::focus::scroll_into_view;
use crate::theme::{Type, tokens};

/// A text field of one line.
#[must_use = "show it"]
pub struct TextField<'a> {
    name: &'a str,
    hint: &'a str,
    width: f32,
    mono: bool,
    error: bool,
    id: Option<egui::Id>,
    limit: usize,
}

impl<'a> TextField<'a> {
    /// A field with an accessible name.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            hint: "",
            width: 200.0,
            mono: false,
            error: false,
            id: None,
            limit: 1024,
        }
    }

    /// Sets the text that is shown while the field is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// Sets the width in points.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Uses the monospaced font.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// Marks the text as invalid.
    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    /// Sets the id of the field, so that other code can give it the focus.
    pub fn id(mut self, id: egui::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the largest number of characters; 1024 by default.
    pub fn limit(mut self, characters: usize) -> Self {
        self.limit = characters;
        self
    }

    /// Shows the field.
    pub fn show(self, ui: &mut Ui, text: &mut String) -> Response {
        let tokens = tokens(ui);
        let color = &tokens.color;
        let kind = if self.mono { Type::Mono } else { Type::Body };
        let hint = RichText::new(self.hint)
            .font(kind.font())
            .color(color.muted);
        let pad = tokens.space.m - 2.0;
        let frame = Frame::new()
            .fill(color.raised)
            .stroke(Stroke::new(1.0, color.border))
            .corner_radius(CornerRadius::same(tokens.radius.control as u8))
            .inner_margin(Margin::symmetric(pad as i8, 0));
        let mut edit = TextEdit::singleline(text)
            .hint_text(hint)
            .font(kind.font())
            .text_color(color.text)
            .frame(frame)
            .char_limit(self.limit)
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(self.width)
            .min_size(vec2(0.0, tokens.size.control - 2.0));
        if let Some(id) = self.id {
            edit = edit.id(id);
        }
        let response = ui.add(edit).accessible_name(self.name);
        scroll_into_view(&response);
        let ring = if self.error {
            Some(color.bad)
        } else {
            response.has_focus().then_some(color.accent)
        };
        if let Some(ring) = ring {
            let stroke = Stroke::new(1.5, ring);
            let radius = tokens.radius.control;
            ui.painter()
                .rect_stroke(response.rect, radius, stroke, StrokeKind::Inside);
        }
        response
    }
}
