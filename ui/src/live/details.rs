//! The side panel of *Live*: one event, or the list of refused events.

use egui::{Align, Layout, Margin, ScrollArea, Ui, vec2};
use empmix_model::{stored::StoredEvent, warning::Warning};

use super::{Details, LiveCommand, LiveState, Tab, ring::plain};
use crate::{
    clock::{date_and_time, span},
    command::Command,
    session::View,
    snippet::code_block,
    theme::{Type, tokens},
    widgets::{Button, Icon, card_frame, elided, label, label_wrapped, segmented, separator},
};

/// The left edge of the values.
const VALUE_LEFT: f32 = 80.0;
const NAME_WIDTH: f32 = 130.0;
const TABS: [(Tab, &str); 2] = [(Tab::Properties, "Properties"), (Tab::Json, "JSON")];

impl LiveState {
    /// Shows the panel.
    pub(super) fn details(&self, ui: &mut Ui, view: View<'_>) {
        let tokens = tokens(ui);
        let frame = card_frame(tokens).inner_margin(Margin::same(12));
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            match self.details {
                Some(Details::Event(id)) => match self.ring.row(id) {
                    Some(row) => self.event(ui, view, &row.event),
                    None => {
                        header(ui, view, "Event", None);
                        let dropped = "This event is no longer in the list. It is still stored";
                        label_wrapped(ui, dropped, Type::Body, tokens.color.muted);
                    }
                },
                Some(Details::Refused) => self.refused(ui, view),
                None => {}
            }
        });
    }

    fn event(&self, ui: &mut Ui, view: View<'_>, event: &StoredEvent) {
        let tokens = tokens(ui);
        let color = &tokens.color;
        let json = serde_json::to_string_pretty(event).unwrap_or_default();
        header(ui, view, &event.event, Some(&json));
        ui.spacing_mut().item_spacing.y = 2.0;
        fact(ui, "User", |ui| {
            let user = Button::link(&event.user_id)
                .name("Show only this user")
                .max_width(ui.available_width());
            if ui.add(user).clicked() {
                view.commands
                    .send(LiveCommand::Filter(event.user_id.clone()));
            }
        });
        let zone = view.session.zone();
        fact(ui, "Time", |ui| {
            label(
                ui,
                &date_and_time(event.time, &zone),
                Type::Body,
                color.text,
            );
        });
        fact(ui, "Received", |ui| {
            let late = span(event.received_at - event.time);
            label(
                ui,
                &format!("{late} after it happened"),
                Type::Body,
                color.text,
            );
        });
        ui.add_space(tokens.space.xs);
        if let Some(tab) = segmented(ui, "Details", &TABS, self.tab) {
            view.commands.send(LiveCommand::Tab(tab));
        }
        ui.add_space(tokens.space.m);
        ScrollArea::vertical()
            .id_salt("event")
            .auto_shrink(false)
            .show(ui, |ui| match self.tab {
                Tab::Properties => properties(ui, event),
                Tab::Json => {
                    code_block(ui, "Event as JSON", &json);
                }
            });
    }

    fn refused(&self, ui: &mut Ui, view: View<'_>) {
        header(ui, view, "Refused and altered", None);
        ScrollArea::vertical()
            .id_salt("refused")
            .auto_shrink(false)
            .show(ui, |ui| {
                for warning in &self.ring.refused {
                    refusal(ui, view, warning);
                }
            });
    }
}

fn header(ui: &mut Ui, view: View<'_>, title: &str, copy: Option<&str>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Button::icon_only(Icon::Close, "Close")).clicked() {
                view.commands.send(LiveCommand::CloseDetails);
            }
            if let Some(text) = copy
                && ui.add(Button::secondary("Copy")).clicked()
            {
                view.commands.send(Command::Copy {
                    text: text.to_owned(),
                    what: "the event",
                });
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let (color, width) = (tokens(ui).color.text, ui.available_width());
                elided(ui, title, Type::Title, color, width);
            });
        });
    });
}

fn fact(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let left = ui.cursor().left();
        label(ui, name, Type::Body, tokens(ui).color.muted);
        let used = ui.cursor().left() - left;
        ui.add_space((VALUE_LEFT - used).max(0.0));
        value(ui);
    });
}

fn properties(ui: &mut Ui, event: &StoredEvent) {
    let color = &tokens(ui).color;
    ui.spacing_mut().item_spacing.y = 0.0;
    if event.properties.is_empty() {
        label(ui, "No properties", Type::Body, color.muted);
    }
    for (name, value) in &event.properties {
        ui.horizontal(|ui| {
            let size = vec2(NAME_WIDTH, tokens(ui).size.row - 1.0);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_size(size);
                elided(ui, name, Type::Body, color.muted, NAME_WIDTH);
            });
            let width = ui.available_width();
            elided(ui, &plain(value), Type::Body, color.text, width);
        });
        separator(ui);
    }
}

fn refusal(ui: &mut Ui, view: View<'_>, warning: &Warning) {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let when = date_and_time(warning.received_at, &view.session.zone());
    label_wrapped(ui, &warning.message, Type::Body, color.text);
    let about = format!("{} · {when}", warning.kind.name().replace('_', " "));
    label(ui, &about, Type::Small, color.muted);
    if let Some(bytes) = &warning.bytes {
        code_block(ui, "What was sent", bytes);
    }
    ui.add_space(tokens.space.s);
}
