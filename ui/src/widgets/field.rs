//! Fields to type into.

use egui::{
    CornerRadius, Frame, Margin, Response, RichText, Stroke, StrokeKind, TextEdit, Ui, vec2,
};

use super::focus::bring_into_sight;
use crate::theme::{Type, tokens};

/// One line to type into.
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
    /// A field; `name` is what a screen reader says.
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

    /// What stands in it while it is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// Its width in points.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Shows what is typed in the font of ids.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// Marks what is typed as wrong.
    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    /// The id of the field, to give it the focus from elsewhere.
    pub fn id(mut self, id: egui::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// At most this many characters; 1024 when not said.
    pub fn limit(mut self, characters: usize) -> Self {
        self.limit = characters;
        self
    }

    /// Shows it.
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
        bring_into_sight(&response);
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
