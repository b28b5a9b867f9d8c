//! The view of *Live*: toolbar, refused events, table, side panel.

use egui::{Align, Key, Layout, Margin, Modifiers, Popup, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use super::{Details, LiveCommand, LiveState, Stream, ring::ROWS};
use crate::{
    command::Command,
    module::Module,
    session::{Connection, View},
    theme::{Type, tokens},
    widgets::{
        Button, ButtonKind, Choice, Icon, Picker, TextField, card_frame, dot, elided, label, layout,
    },
};

/// Width of the side panel.
const DETAILS_WIDTH: f32 = 340.0;
const FILTER_WIDTH: f32 = 220.0;
const PICKER_WIDTH: f32 = 180.0;
/// The largest width of the rate, or of the paused count, with the button beside it.
const RIGHT: f32 = 250.0;
/// Below this width the filters are in a second row.
const ONE_ROW: f32 = 640.0;
const ALL_EVENTS: &str = "All events";

/// The id of the filter field.
pub(super) fn filter_id() -> egui::Id {
    egui::Id::unique("live filter")
}

impl LiveState {
    /// Shows the module.
    pub(super) fn paint(&self, ui: &mut Ui, view: View<'_>) {
        self.escape(ui, view);
        let tokens = tokens(ui);
        let page = ui.max_rect().shrink(tokens.space.l);
        let mut main = page;
        if self.details.is_some() {
            let left = page.right() - DETAILS_WIDTH;
            let side = Rect::from_min_max(pos2(left, page.top()), page.max);
            ui.scope_builder(UiBuilder::new().max_rect(side), |ui| self.details(ui, view));
            main.max.x = left - tokens.space.l;
        }
        ui.scope_builder(UiBuilder::new().max_rect(main), |ui| {
            // Nothing may extend over the side panel, even in a narrow window.
            ui.shrink_clip_rect(main.expand(tokens.space.s));
            ui.spacing_mut().item_spacing.y = tokens.space.m;
            self.toolbar(ui, view);
            self.refused_strip(ui, view);
            self.stream_notices(ui, view);
            let rows = self.shown_rows();
            if rows.is_empty() {
                self.empty(ui, view);
            } else {
                self.table(ui, view, &rows);
            }
        });
    }

    /// Escape closes the side panel, unless a list is open or a field has the focus.
    fn escape(&self, ui: &Ui, view: View<'_>) {
        let busy = ui.ctx().text_edit_focused() || Popup::is_any_open(ui.ctx());
        let closes = self.details.is_some() && !busy;
        if closes && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            view.commands.send(LiveCommand::CloseDetails);
        }
    }

    fn toolbar(&self, ui: &mut Ui, view: View<'_>) {
        let tokens = tokens(ui);
        let one_row = ui.available_width() >= ONE_ROW;
        ui.horizontal(|ui| {
            label(ui, "Live", Type::Title, tokens.color.text);
            if one_row {
                self.filters(ui, view, RIGHT);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (icon, text) = match self.paused {
                    Some(_) => (Icon::Play, "Resume"),
                    None => (Icon::Pause, "Pause"),
                };
                if ui.add(Button::secondary(text).icon(icon)).clicked() {
                    view.commands.send(LiveCommand::TogglePause);
                }
                self.rate(ui, view);
            });
        });
        if !one_row {
            ui.horizontal(|ui| self.filters(ui, view, 0.0));
        }
    }

    /// The filter field and the list of events; `right` is the width that the row needs on the right.
    fn filters(&self, ui: &mut Ui, view: View<'_>, right: f32) {
        let gap = ui.spacing().item_spacing.x;
        let event = self.event.as_deref().unwrap_or(ALL_EVENTS);
        let ink = tokens(ui).color.text;
        let event = layout(ui.painter(), event, Type::Body, ink, PICKER_WIDTH);
        let picker = (event.size().x + 36.0).min(PICKER_WIDTH);
        let room = ui.available_width() - picker - 2.0 * gap - right;
        let widest = if right > 0.0 { FILTER_WIDTH } else { room };
        let mut typed = self.filter.clone();
        let field = TextField::new("Filter")
            .hint("Filter by event, user or property")
            .width(room.min(widest).max(80.0))
            .id(filter_id())
            .show(ui, &mut typed);
        if field.changed() {
            view.commands.send(LiveCommand::Filter(typed));
        }
        self.event_picker(ui, view);
    }

    fn event_picker(&self, ui: &mut Ui, view: View<'_>) {
        let chosen = self.event.as_deref().unwrap_or(ALL_EVENTS);
        let picker = Picker::new("Event", chosen)
            .kind(ButtonKind::Secondary)
            .max_width(PICKER_WIDTH);
        let picked = picker.show(ui, || {
            let schema = view.session.schema.latest();
            let names = schema.iter().flat_map(|schema| &schema.events);
            let names = names.map(|event| Choice::new(Some(event.name.clone()), &event.name));
            [Choice::new(None, ALL_EVENTS)]
                .into_iter()
                .chain(names)
                .collect()
        });
        if let Some(event) = picked {
            view.commands.send(LiveCommand::Event(event));
        }
    }

    fn rate(&self, ui: &mut Ui, view: View<'_>) {
        let color = &tokens(ui).color;
        let rate = self.ring.rate(view.session.time_s);
        let (ink, text) = match (&self.paused, &self.stream) {
            (Some(held), _) => (
                color.warn,
                format!("Paused · {} new", held_text(held.len())),
            ),
            (None, Stream::On { open: true, .. }) if rate > 0.0 && rate < 10.0 => {
                (color.good, format!("{rate:.1} / s"))
            }
            (None, Stream::On { open: true, .. }) => (color.good, format!("{rate:.0} / s")),
            (None, Stream::Broken { .. }) => (color.bad, "Not connected".to_owned()),
            (None, _) => (color.muted, "Connecting…".to_owned()),
        };
        label(ui, &text, Type::Body, color.text);
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::HOVER);
        dot(ui, rect.center(), ink);
    }

    fn refused_strip(&self, ui: &mut Ui, view: View<'_>) {
        let Some(newest) = self.ring.refused.front() else {
            return;
        };
        let color = &tokens(ui).color;
        let what = match (self.ring.refused_count, self.ring.altered_count) {
            (0, altered) => format!("{altered} altered"),
            (refused, 0) => format!("{refused} refused"),
            (refused, altered) => format!("{refused} refused, {altered} altered"),
        };
        strip(ui, color.warn, |ui| {
            label(ui, &what, Type::Strong, color.warn);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui
                    .add(Button::link("Show").name("Show what was refused"))
                    .clicked()
                {
                    view.commands.send(LiveCommand::ShowRefused);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let width = ui.available_width();
                    elided(ui, &newest.message, Type::Body, color.muted, width);
                });
            });
        });
    }

    /// Shows an error of the stream, and the number of events that this window missed.
    fn stream_notices(&self, ui: &mut Ui, view: View<'_>) {
        let color = &tokens(ui).color;
        // The banner already reports an error of the whole connection.
        let connected = view.session.connection == Connection::Connected;
        if let (Stream::Broken { error, retry_at_s }, true) = (&self.stream, connected) {
            let wait_s = (retry_at_s - view.session.time_s).max(0.0).ceil();
            strip(ui, color.bad, |ui| {
                label(ui, &error.message, Type::Body, color.text);
                let again = format!("Trying again in {wait_s} s");
                label(ui, &again, Type::Body, color.muted);
            });
        }
        if self.ring.lagged > 0 {
            let text = format!(
                "{} events are not shown here because they arrived too fast for this window. All are stored",
                self.ring.lagged
            );
            strip(ui, color.muted, |ui| {
                let width = ui.available_width();
                elided(ui, &text, Type::Body, color.muted, width);
            });
        }
    }

    fn empty(&self, ui: &mut Ui, view: View<'_>) {
        let tokens = tokens(ui);
        let color = &tokens.color;
        let rest = ui.available_rect_before_wrap();
        ui.painter().rect(
            rest,
            tokens.radius.card,
            color.surface,
            egui::Stroke::new(1.0, color.border),
            egui::StrokeKind::Inside,
        );
        let center = rest.center() - vec2(0.0, 40.0);
        let place = Rect::from_center_size(center, vec2(rest.width().min(420.0), 100.0));
        let layout = Layout::top_down(Align::Center);
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), |ui| {
            if !self.ring.rows().is_empty() {
                label(ui, "No event matches the filter", Type::Title, color.text);
                if ui.add(Button::secondary("Clear the filter")).clicked() {
                    view.commands.send(LiveCommand::Filter(String::new()));
                    view.commands.send(LiveCommand::Event(None));
                }
                return;
            }
            if self.stored.is_pending() || view.session.schema.latest().is_none() {
                label(ui, "Loading", Type::Body, color.muted);
                return;
            }
            label(
                ui,
                "Events appear here as they arrive",
                Type::Title,
                color.text,
            );
            let hint = "The newest first, with refused events and the reason.";
            label(ui, hint, Type::Body, color.muted);
            if ui.add(Button::primary("Send your first event")).clicked() {
                view.commands.send(Command::Go(Module::Insights));
            }
        });
    }

    pub(super) fn is_selected(&self, id: empmix_model::ids::ItemHash) -> bool {
        self.details == Some(Details::Event(id))
    }
}

/// The number of waiting items as text, with a `+` when the limit is reached.
fn held_text(held: usize) -> String {
    match held {
        ROWS => format!("{ROWS}+"),
        fewer => fewer.to_string(),
    }
}

/// A full-width line with a coloured left edge.
fn strip(ui: &mut Ui, edge: egui::Color32, add: impl FnOnce(&mut Ui)) {
    let tokens = tokens(ui);
    let frame = card_frame(tokens)
        .corner_radius(egui::CornerRadius::same(6))
        .inner_margin(Margin::symmetric(15, 2));
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(add);
    });
    let rect = shown.response.rect;
    let left = Rect::from_min_max(rect.min, pos2(rect.left() + 3.0, rect.bottom()));
    let corners = egui::CornerRadius {
        nw: 6,
        sw: 6,
        ne: 0,
        se: 0,
    };
    ui.painter().rect_filled(left, corners, edge);
}
