//! The view of *Live*: toolbar, refused events, table, side panel.

use egui::{Align, Key, Layout, Margin, Modifiers, Popup, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use super::{Details, LiveCommand, LiveState, Stream, ring::ROWS};
use crate::{
    command::Command,
    module::Module,
    report::fixed,
    session::{Connection, View},
    text,
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
            label(ui, &text!("live-title"), Type::Title, tokens.color.text);
            if one_row {
                self.filters(ui, view, RIGHT);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (icon, text) = match self.paused {
                    Some(_) => (Icon::Play, text!("live-resume")),
                    None => (Icon::Pause, text!("live-pause")),
                };
                if ui.add(Button::secondary(&text).icon(icon)).clicked() {
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
        let ink = tokens(ui).color.text;
        let event = self.event_label();
        let event = layout(ui.painter(), &event, Type::Body, ink, PICKER_WIDTH);
        let picker = (event.size().x + 36.0).min(PICKER_WIDTH);
        let room = ui.available_width() - picker - 2.0 * gap - right;
        let widest = if right > 0.0 { FILTER_WIDTH } else { room };
        let mut typed = self.filter.clone();
        let (name, hint) = (text!("live-filter"), text!("live-filter-hint"));
        let field = TextField::new(&name)
            .hint(&hint)
            .width(room.min(widest).max(80.0))
            .id(filter_id())
            .show(ui, &mut typed);
        if field.changed() {
            view.commands.send(LiveCommand::Filter(typed));
        }
        self.event_picker(ui, view);
    }

    /// The chosen event, or that all are shown.
    fn event_label(&self) -> String {
        self.event
            .clone()
            .unwrap_or_else(|| text!("live-all-events"))
    }

    fn event_picker(&self, ui: &mut Ui, view: View<'_>) {
        let (name, chosen) = (text!("live-event"), self.event_label());
        let picker = Picker::new(&name, &chosen)
            .kind(ButtonKind::Secondary)
            .max_width(PICKER_WIDTH);
        let picked = picker.show(ui, || {
            let schema = view.session.schema.latest();
            let names = schema.iter().flat_map(|schema| &schema.events);
            let names = names.map(|event| Choice::new(Some(event.name.clone()), &event.name));
            [Choice::new(None, text!("live-all-events"))]
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
            (Some(held), _) => (color.warn, paused_text(held.items.len())),
            (None, Stream::On { open: true, .. }) => {
                let decimals = usize::from(rate > 0.0 && rate < 10.0);
                let rate = fixed(Some(rate), decimals);
                (color.good, text!("live-rate", rate = rate))
            }
            (None, Stream::Broken { .. }) => (color.bad, text!("live-not-connected")),
            (None, _) => (color.muted, text!("live-connecting")),
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
            (0, altered) => text!("live-altered", altered = altered),
            (refused, 0) => text!("live-refused", refused = refused),
            (refused, altered) => text!(
                "live-refused-and-altered",
                refused = refused,
                altered = altered
            ),
        };
        strip(ui, color.warn, |ui| {
            label(ui, &what, Type::Strong, color.warn);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (show, name) = (text!("live-refused-show"), text!("live-refused-show-name"));
                if ui.add(Button::link(&show).name(&name)).clicked() {
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
                let again = text!("live-trying-in", seconds = wait_s);
                label(ui, &again, Type::Body, color.muted);
            });
        }
        if self.ring.lagged > 0 {
            let text = text!("live-missed", count = self.ring.lagged);
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
                let nothing = text!("live-no-match");
                label(ui, &nothing, Type::Title, color.text);
                let clear = text!("live-clear-filter");
                if ui.add(Button::secondary(&clear)).clicked() {
                    view.commands.send(LiveCommand::Filter(String::new()));
                    view.commands.send(LiveCommand::Event(None));
                }
                return;
            }
            if self.stored.is_pending() || view.session.schema.latest().is_none() {
                label(ui, &text!("live-loading"), Type::Body, color.muted);
                return;
            }
            label(ui, &text!("live-empty"), Type::Title, color.text);
            label(ui, &text!("live-empty-hint"), Type::Body, color.muted);
            let send = text!("live-send-first");
            if ui.add(Button::primary(&send)).clicked() {
                view.commands.send(Command::Go(Module::Insights));
            }
        });
    }

    pub(super) fn is_selected(&self, id: empmix_model::ids::ItemHash) -> bool {
        self.details == Some(Details::Event(id))
    }
}

/// The number of waiting items, with a `+` when the limit is reached.
fn paused_text(held: usize) -> String {
    match held {
        ROWS => text!("live-paused-full", count = ROWS),
        count => text!("live-paused", count = count),
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
