//! A button that opens a list to pick from.

use egui::{Id, Popup, PopupCloseBehavior, Response, Ui, accesskit::Role};

use super::{
    button::{Button, ButtonKind},
    card::popup_frame,
    picker_list::{ListState, show_list},
};
use crate::{texts::Key, theme::tokens};

/// An entry of a picker's list.
#[derive(Debug, Clone)]
pub struct Choice<T> {
    /// The value that picking it returns.
    pub value: T,
    /// Its text.
    pub label: String,
    /// A muted text at the right end, such as a count or a type.
    pub detail: String,
    /// Whether it is marked as chosen, where several can be chosen.
    pub chosen: bool,
}

impl<T> Choice<T> {
    /// A choice without a detail.
    pub fn new(value: T, label: impl Into<String>) -> Self {
        Self {
            value,
            label: label.into(),
            detail: String::new(),
            chosen: false,
        }
    }

    /// Marks it as chosen, where several can be chosen.
    pub fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = chosen;
        self
    }

    /// Adds a muted text at the right end.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// A button that opens a list to pick from. Arrow keys move, Enter picks, Escape closes; a long list
/// has a search field.
#[must_use = "show it"]
pub struct Picker<'a> {
    name: &'a str,
    label: &'a str,
    detail: &'a str,
    kind: ButtonKind,
    caret: bool,
    width: Option<f32>,
    max_width: f32,
    list_width: f32,
    chosen: Option<&'a str>,
    custom: bool,
    typed_first: bool,
    search: bool,
    opened: bool,
    empty: Key,
}

impl<'a> Picker<'a> {
    /// A picker with the accessible name `name` that shows `label`.
    pub fn new(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            detail: "",
            kind: ButtonKind::Field,
            caret: true,
            width: None,
            max_width: f32::INFINITY,
            list_width: 248.0,
            chosen: None,
            custom: false,
            typed_first: false,
            search: false,
            opened: false,
            empty: Key("widgets-nothing-matches"),
        }
    }

    /// Sets the look of the button; `Field` by default.
    pub fn kind(mut self, kind: ButtonKind) -> Self {
        self.kind = kind;
        self.caret = kind != ButtonKind::Link;
        self
    }

    /// Adds a muted text to the button.
    pub fn detail(mut self, detail: &'a str) -> Self {
        self.detail = detail;
        self
    }

    /// Hides the triangle.
    pub fn no_caret(mut self) -> Self {
        self.caret = false;
        self
    }

    /// Sets the exact width of the button.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Sets the largest width of the button.
    pub fn max_width(mut self, max_width: f32) -> Self {
        self.max_width = max_width;
        self
    }

    /// Sets the width of the list.
    pub fn list_width(mut self, list_width: f32) -> Self {
        self.list_width = list_width;
        self
    }

    /// Sets the label of the choice that is marked in the list; the button's label by default.
    pub fn chosen(mut self, label: &'a str) -> Self {
        self.chosen = Some(label);
        self
    }

    /// Lets the typed text be picked too; see [`show_custom`](Self::show_custom).
    pub(super) fn custom(mut self) -> Self {
        self.custom = true;
        self
    }

    /// Makes Enter pick the typed text instead of the first choice that contains it.
    pub fn typed_first(mut self, typed_first: bool) -> Self {
        self.typed_first = typed_first;
        self
    }

    /// Gives even a short list a search field.
    pub fn search(mut self) -> Self {
        self.search = true;
        self
    }

    /// Opens the list in this frame, as a click would.
    pub fn opened(mut self, opened: bool) -> Self {
        self.opened = opened;
        self
    }

    /// Sets the text of an empty list.
    pub fn empty(mut self, text: Key) -> Self {
        self.empty = text;
        self
    }

    /// Shows the button, and the list while it is open; `choices` is called only then. Returns the
    /// value that was just picked.
    pub fn show<T>(self, ui: &mut Ui, choices: impl FnOnce() -> Vec<Choice<T>>) -> Option<T> {
        self.show_any(ui, choices, |_| None)
    }

    /// Like [`show`](Self::show), but the typed text can be picked too, if `typed` returns a value for
    /// it.
    pub fn show_custom<T>(
        self,
        ui: &mut Ui,
        choices: impl FnOnce() -> Vec<Choice<T>>,
        typed: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.custom().show_any(ui, choices, typed)
    }

    fn show_any<T>(
        self,
        ui: &mut Ui,
        choices: impl FnOnce() -> Vec<Choice<T>>,
        typed: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let response = self.button(ui);
        let state_id = response.id.with("picker");
        if self.opened {
            Popup::open_id(ui, Popup::default_response_id(&response));
        }
        if !self.is_open(ui, &response) {
            ui.data_mut(|data| data.remove::<ListState>(state_id));
            if !response.clicked() {
                return None;
            }
        }
        self.popup(ui, &response, state_id, choices, typed)
    }

    fn is_open(&self, ui: &Ui, response: &Response) -> bool {
        Popup::is_id_open(ui, Popup::default_response_id(response))
    }

    fn button(&self, ui: &mut Ui) -> Response {
        let mut button = Button::new(self.kind, self.label)
            .name(self.name)
            .value(self.label)
            .detail(self.detail)
            .max_width(self.max_width)
            .role(Role::ComboBox);
        if self.caret {
            button = button.caret();
        }
        if let Some(width) = self.width {
            button = button.width(width);
        }
        ui.add(button)
    }

    fn popup<T>(
        &self,
        ui: &Ui,
        response: &Response,
        state_id: Id,
        choices: impl FnOnce() -> Vec<Choice<T>>,
        typed: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let tokens = tokens(ui);
        let mut state: ListState = ui.data(|data| data.get_temp(state_id)).unwrap_or_default();
        let width = self.list_width.max(self.width.unwrap_or(0.0));
        let shown = Popup::from_toggle_button_response(response)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .gap(tokens.space.xs)
            .width(width)
            .frame(popup_frame(ui).inner_margin(tokens.space.xs))
            .accessible_name(self.name)
            .show(|ui| {
                let picked = show_list(ui, self, &mut state, width, choices(), typed);
                if picked.is_some() {
                    ui.close();
                }
                picked
            });
        let Some(shown) = shown else {
            ui.data_mut(|data| data.remove::<ListState>(state_id));
            return None;
        };
        if shown.response.should_close() {
            if state.by_keyboard || ui.input(|input| input.key_pressed(egui::Key::Escape)) {
                response.request_focus();
            }
            ui.data_mut(|data| data.remove::<ListState>(state_id));
        } else {
            ui.data_mut(|data| data.insert_temp(state_id, state));
        }
        shown.inner
    }

    pub(super) fn list_name(&self) -> &str {
        self.name
    }

    pub(super) fn chosen_label(&self) -> &str {
        self.chosen.unwrap_or(self.label)
    }

    pub(super) fn is_searched(&self) -> bool {
        self.search || self.custom
    }

    pub(super) fn takes_typed(&self) -> bool {
        self.custom
    }

    pub(super) fn prefers_typed(&self) -> bool {
        self.typed_first
    }

    pub(super) fn empty_text(&self) -> String {
        self.empty.text()
    }
}
