//! Buttons.

use std::sync::Arc;

use egui::{
    Color32, Galley, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{focus::scroll_into_view, focus_ring, icon::Icon, text::layout};
use crate::theme::{Palette, Tokens, Type, tokens};

/// The look of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonKind {
    /// The main action of a page.
    Primary,
    /// An action, on the background.
    Secondary,
    /// A control inside a card.
    Field,
    /// An action without border and fill until the pointer is over it.
    Ghost,
    /// An action in a row of text.
    Link,
    /// A destructive action.
    Danger,
}

/// A button.
#[must_use = "add it to a `Ui`"]
pub struct Button<'a> {
    label: &'a str,
    kind: ButtonKind,
    icon: Option<Icon>,
    caret: bool,
    selected: bool,
    enabled: bool,
    width: Option<f32>,
    max_width: f32,
    detail: &'a str,
    name: Option<&'a str>,
    value: Option<&'a str>,
    role: Role,
    small: bool,
}

impl<'a> Button<'a> {
    /// A button of a kind.
    pub fn new(kind: ButtonKind, label: &'a str) -> Self {
        Self {
            label,
            kind,
            icon: None,
            caret: false,
            selected: false,
            enabled: true,
            width: None,
            max_width: f32::INFINITY,
            detail: "",
            name: None,
            value: None,
            role: Role::Button,
            small: false,
        }
    }

    /// The main action of a page.
    pub fn primary(label: &'a str) -> Self {
        Self::new(ButtonKind::Primary, label)
    }

    /// An action.
    pub fn secondary(label: &'a str) -> Self {
        Self::new(ButtonKind::Secondary, label)
    }

    /// A control inside a card.
    pub fn field(label: &'a str) -> Self {
        Self::new(ButtonKind::Field, label)
    }

    /// An action without border and fill until the pointer is over it.
    pub fn ghost(label: &'a str) -> Self {
        Self::new(ButtonKind::Ghost, label)
    }

    /// An action in a row of text.
    pub fn link(label: &'a str) -> Self {
        Self::new(ButtonKind::Link, label)
    }

    /// A destructive action.
    pub fn danger(label: &'a str) -> Self {
        Self::new(ButtonKind::Danger, label)
    }

    /// A square button with an icon; `name` is its accessible name and its tooltip.
    pub fn icon_only(icon: Icon, name: &'a str) -> Self {
        Self::ghost("").icon(icon).name(name)
    }

    /// Adds an icon before the label.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Adds the triangle of a button that opens a list.
    pub fn caret(mut self) -> Self {
        self.caret = true;
        self
    }

    /// Whether it is shown as selected.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Whether it can be pressed.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Sets the exact width; a long label is shortened.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Sets the largest width; a long label is shortened.
    pub fn max_width(mut self, max_width: f32) -> Self {
        self.max_width = max_width;
        self
    }

    /// Adds a muted text at the right end.
    pub fn detail(mut self, detail: &'a str) -> Self {
        self.detail = detail;
        self
    }

    /// Sets an accessible name that differs from the label.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the accessible value, such as the choice of a picker.
    pub fn value(mut self, value: &'a str) -> Self {
        self.value = Some(value);
        self
    }

    /// Sets its role in the accessibility tree.
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Uses text of 12 points instead of 13.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    fn type_step(&self) -> Type {
        match (self.kind, self.selected) {
            (ButtonKind::Primary | ButtonKind::Danger, _) | (_, true) => Type::Strong,
            _ if self.small => Type::Small,
            _ => Type::Body,
        }
    }

    fn measure(&self, ui: &Ui, colors: &ButtonColors) -> ButtonLayout {
        let tokens = tokens(ui);
        let pad = match self.kind {
            ButtonKind::Link => 0.0,
            _ if self.label.is_empty() => 6.0,
            _ => tokens.space.m - 1.0,
        };
        let icon = self.icon.map_or(0.0, |_| tokens.size.icon);
        let icon_gap = if self.icon.is_some() && !self.label.is_empty() {
            6.0
        } else {
            0.0
        };
        let caret = if self.caret { 13.0 } else { 0.0 };
        let detail = (!self.detail.is_empty()).then(|| {
            let kind = self.type_step();
            layout(ui.painter(), self.detail, kind, tokens.color.muted, 160.0)
        });
        let detail_width = detail.as_ref().map_or(0.0, |d| d.size().x + tokens.space.s);
        let fixed = pad * 2.0 + icon + icon_gap + caret + detail_width;
        let room = self.width.unwrap_or(self.max_width) - fixed;
        let label = layout(
            ui.painter(),
            self.label,
            self.type_step(),
            colors.text,
            room,
        );
        let width = self.width.unwrap_or(fixed + label.size().x);
        ButtonLayout {
            size: vec2(width, tokens.size.control),
            pad,
            icon_gap,
            label,
            detail,
        }
    }
}

struct ButtonLayout {
    size: Vec2,
    pad: f32,
    icon_gap: f32,
    label: Arc<Galley>,
    detail: Option<Arc<Galley>>,
}

/// Colours of a button in its state.
struct ButtonColors {
    fill: Color32,
    border: Color32,
    text: Color32,
}

impl ButtonColors {
    fn of(kind: ButtonKind, selected: bool, color: &Palette) -> Self {
        let plain = |fill, text| Self {
            fill,
            border: color.border,
            text,
        };
        let bare = |fill, text| Self {
            fill,
            border: Color32::TRANSPARENT,
            text,
        };
        match kind {
            ButtonKind::Primary => bare(color.accent, color.on_accent),
            ButtonKind::Danger => bare(color.bad, color.on_accent),
            ButtonKind::Secondary => plain(color.surface, color.text),
            ButtonKind::Field => plain(color.raised, color.text),
            ButtonKind::Ghost if selected => bare(color.raised, color.text),
            ButtonKind::Ghost => bare(Color32::TRANSPARENT, color.muted),
            ButtonKind::Link => bare(Color32::TRANSPARENT, color.accent),
        }
    }

    fn in_state(mut self, kind: ButtonKind, response: &Response, color: &Palette) -> Self {
        let (hovered, pressed) = (response.hovered(), response.is_pointer_button_down_on());
        if !hovered && !pressed {
            return self;
        }
        self.fill = match kind {
            ButtonKind::Link => self.fill,
            ButtonKind::Ghost => color.hovered(color.raised),
            _ if pressed => color.pressed(self.fill),
            _ => color.hovered(self.fill),
        };
        if kind == ButtonKind::Ghost {
            self.text = color.text;
        }
        self
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = tokens(ui);
        let enabled = self.enabled && ui.is_enabled();
        let base = ButtonColors::of(self.kind, self.selected, &tokens.color);
        let measured = self.measure(ui, &base);
        let sense = if enabled {
            Sense::click()
        } else {
            Sense::HOVER
        };
        let (rect, response) = ui.allocate_exact_size(measured.size, sense);
        let cut = measured.label.elided;
        scroll_into_view(&response);
        if ui.is_rect_visible(rect) {
            let mut colors = base.in_state(self.kind, &response, &tokens.color);
            if !enabled {
                colors = disabled(&colors, &tokens.color);
            }
            self.paint(ui, rect, &measured, &colors, tokens, response.hovered());
            let ring = match self.kind {
                ButtonKind::Link => rect.expand2(vec2(3.0, -3.0)),
                _ => rect,
            };
            focus_ring(ui, &response, ring, tokens.radius.control);
        }
        let name = self.name.unwrap_or(self.label);
        response.widget_info(|| {
            let mut info = if self.selected {
                WidgetInfo::selected(self.role, enabled, true, name)
            } else {
                WidgetInfo::labeled(self.role, enabled, name)
            };
            info.current_text_value = self.value.map(str::to_owned);
            info
        });
        match self.name {
            Some(name) if self.label.is_empty() => response.on_hover_text(name),
            _ if cut => response.on_hover_text(self.label),
            _ => response,
        }
    }
}

impl Button<'_> {
    fn paint(
        &self,
        ui: &Ui,
        rect: Rect,
        measured: &ButtonLayout,
        colors: &ButtonColors,
        tokens: &Tokens,
        hovered: bool,
    ) {
        let painter = ui.painter();
        painter.rect(
            rect,
            tokens.radius.control,
            colors.fill,
            Stroke::new(1.0, colors.border),
            StrokeKind::Inside,
        );
        let mut x = rect.left() + measured.pad;
        if let Some(icon) = self.icon {
            let side = tokens.size.icon;
            let place =
                Rect::from_min_size(pos2(x, rect.center().y - side / 2.0), Vec2::splat(side));
            icon.paint(painter, place, side, colors.text);
            x += side + measured.icon_gap;
        }
        let height = measured.label.size().y;
        let at = pos2(x, rect.center().y - height / 2.0);
        painter.galley_with_override_text_color(at, measured.label.clone(), colors.text);
        if self.kind == ButtonKind::Link && hovered {
            let y = at.y + height - 1.0;
            let line = x..=x + measured.label.size().x;
            painter.hline(line, y, Stroke::new(1.0, colors.text));
        }
        let mut right = rect.right() - measured.pad;
        if self.caret {
            let place =
                Rect::from_center_size(pos2(right - 3.5, rect.center().y), Vec2::splat(8.0));
            Icon::Chevron.paint(painter, place, 12.0, tokens.color.muted);
            right -= 13.0;
        }
        if let Some(detail) = &measured.detail {
            let at = pos2(
                right - detail.size().x,
                rect.center().y - detail.size().y / 2.0,
            );
            painter.galley(at, detail.clone(), tokens.color.muted);
        }
    }
}

fn disabled(colors: &ButtonColors, color: &Palette) -> ButtonColors {
    let filled = colors.fill != Color32::TRANSPARENT;
    ButtonColors {
        fill: if filled { color.raised } else { colors.fill },
        border: colors.border,
        text: color.muted.gamma_multiply(0.7),
    }
}
