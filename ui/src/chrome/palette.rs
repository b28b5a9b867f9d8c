//! The command palette: a search field over a list of commands.

use egui::{
    Align2, Area, Context, Id, Key, Margin, Modal, Modifiers, Rect, Response, ScrollArea, Sense,
    Ui, UiBuilder, WidgetInfo, accesskit::Role, vec2,
};

use super::Chrome;
use crate::{
    command::{
        Command,
        palette::{Entry, matching},
    },
    session::View,
    text,
    theme::{Type, tokens},
    widgets::{TextField, label, layout, paint_text},
};

const WIDTH: f32 = 480.0;
const TOP: f32 = 96.0;
const ROW: f32 = 32.0;
/// The most entries that are shown at once; the others are scrolled to.
const LINES: f32 = 10.5;

/// The typed text, and the entry that Enter picks.
#[derive(Debug, Default)]
pub(super) struct CommandPalette {
    typed: String,
    marked: usize,
}

impl CommandPalette {
    /// Shows the palette over everything else.
    pub(super) fn show(&mut self, ctx: &Context, chrome: &Chrome, view: View<'_>) {
        let id = Id::unique("palette");
        let frame = frame_of(ctx);
        let area = Area::new(id.with("area"))
            .anchor(Align2::CENTER_TOP, vec2(0.0, TOP))
            .order(egui::Order::Foreground)
            .accessible_name(text!("chrome-palette"));
        let modal = Modal::new(id).area(area).frame(frame);
        let shown = modal.show(ctx, |ui| {
            ui.set_width(WIDTH);
            self.contents(ui, chrome, view)
        });
        if let Some(command) = shown.inner {
            view.commands.send(Command::CloseOverlay);
            view.commands.send(command);
        } else if shown.should_close() {
            view.commands.send(Command::CloseOverlay);
        }
    }

    fn contents(&mut self, ui: &mut Ui, chrome: &Chrome, view: View<'_>) -> Option<Command> {
        let entries = matching(chrome, view.session, ui.ctx().os(), &self.typed);
        let mut moved = self.move_mark(ui, entries.len());
        let name = text!("chrome-search");
        let field = TextField::new(&name)
            .hint(&name)
            .width(WIDTH)
            .show(ui, &mut self.typed);
        field.request_focus();
        if field.changed() {
            self.marked = 0;
            moved = true;
        }
        if entries.is_empty() {
            let tokens = tokens(ui);
            ui.add_space(tokens.space.s);
            let nothing = text!("chrome-palette-nothing");
            label(ui, &nothing, Type::Body, tokens.color.muted);
        }
        let entered = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(tokens(ui).space.xs);
        let mut picked = None;
        let list = UiBuilder::new()
            .accessibility_role(Role::ListBox)
            .accessibility_label(text!("chrome-palette-list"));
        let area = ScrollArea::vertical().max_height(ROW * LINES);
        let area = area.auto_shrink([false, true]);
        ui.scope_builder(list, |ui| {
            area.show(ui, |ui| {
                for (index, entry) in entries.into_iter().enumerate() {
                    let marked = index == self.marked;
                    let shown = row(ui, &entry, marked);
                    if marked && moved {
                        shown.scroll_to_me(None);
                    }
                    if shown.clicked() || (marked && entered) {
                        picked = Some(entry.command);
                    }
                }
            });
        });
        picked
    }

    /// Moves the mark with the arrow keys; whether it moved.
    fn move_mark(&mut self, ui: &Ui, count: usize) -> bool {
        let (down, up) = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
            (pressed(Key::ArrowDown), pressed(Key::ArrowUp))
        });
        let last = count.saturating_sub(1);
        if down {
            self.marked = if self.marked >= last {
                0
            } else {
                self.marked + 1
            };
        }
        if up {
            self.marked = self.marked.checked_sub(1).unwrap_or(last);
        }
        self.marked = self.marked.min(last);
        down || up
    }
}

fn frame_of(ctx: &Context) -> egui::Frame {
    let tokens = tokens(ctx);
    egui::Frame::new()
        .fill(tokens.color.surface)
        .stroke(egui::Stroke::new(1.0, tokens.color.border))
        .corner_radius(egui::CornerRadius::same(10))
        .inner_margin(Margin::same(8))
        .shadow(ctx.global_style().visuals.window_shadow)
}

fn row(ui: &mut Ui, entry: &Entry, marked: bool) -> Response {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    if marked || response.hovered() {
        ui.painter()
            .rect_filled(rect, tokens.radius.control, color.raised);
    }
    let inner: Rect = rect.shrink2(vec2(tokens.space.m - 2.0, 0.0));
    let painter = ui.painter();
    let right = inner.right_center();
    let ink = color.muted;
    let keys = paint_text(
        painter,
        right,
        Align2::RIGHT_CENTER,
        &entry.keys,
        Type::Body,
        ink,
    );
    let room = inner.width() - keys - tokens.space.m;
    let name = layout(painter, &entry.label, Type::Body, color.text, room);
    let at = inner.left_center() - vec2(0.0, name.size().y / 2.0);
    painter.galley(at, name, color.text);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, marked, &entry.label));
    response
}
