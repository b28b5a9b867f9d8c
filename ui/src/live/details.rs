//! The side panel of *Live*: one event, or the list of refused events.

use egui::{Align, Layout, Margin, ScrollArea, Ui, vec2};
use empmix_model::{
    stored::StoredEvent,
    warning::{Warning, WarningKind},
};

use super::{Details, LiveCommand, LiveState, Tab, ring::name_of};
use crate::{
    clock::{date_and_time, span},
    command::Command,
    session::View,
    snippet::code_block,
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{Button, Icon, card_frame, elided, label, label_wrapped, separator, tabs},
};

/// The left edge of the values.
const VALUE_LEFT: f32 = 80.0;
const NAME_WIDTH: f32 = 130.0;
const TABS: [(Tab, Key); 2] = [
    (Tab::Properties, Key("live-tab-properties")),
    (Tab::Json, Key("live-tab-json")),
];

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
                        header(ui, view, &text!("live-event"), None);
                        let dropped = text!("live-event-dropped");
                        label_wrapped(ui, &dropped, Type::Body, tokens.color.muted);
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
        fact(ui, &text!("live-user"), |ui| {
            let name = text!("live-user-filter");
            let user = Button::link(&event.user_id)
                .name(&name)
                .max_width(ui.available_width());
            if ui.add(user).clicked() {
                view.commands
                    .send(LiveCommand::Filter(event.user_id.clone()));
            }
        });
        let zone = view.session.zone();
        fact(ui, &text!("live-time"), |ui| {
            label(
                ui,
                &date_and_time(event.time, &zone),
                Type::Body,
                color.text,
            );
        });
        fact(ui, &text!("live-received"), |ui| {
            let late = span(event.received_at - event.time);
            let late = text!("live-received-after", span = late);
            label(ui, &late, Type::Body, color.text);
        });
        ui.add_space(tokens.space.xs);
        if let Some(tab) = tabs(ui, &text!("live-tabs"), &TABS, self.tab) {
            view.commands.send(LiveCommand::Tab(tab));
        }
        ui.add_space(tokens.space.m);
        ScrollArea::vertical()
            .id_salt("event")
            .auto_shrink(false)
            .show(ui, |ui| match self.tab {
                Tab::Properties => properties(ui, event),
                Tab::Json => {
                    code_block(ui, &text!("live-json"), &json);
                }
            });
    }

    fn refused(&self, ui: &mut Ui, view: View<'_>) {
        header(ui, view, &text!("live-refused-title"), None);
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
            let close = text!("live-close");
            if ui.add(Button::icon_only(Icon::Close, &close)).clicked() {
                view.commands.send(LiveCommand::CloseDetails);
            }
            if let Some(text) = copy
                && ui.add(Button::secondary(&text!("live-copy"))).clicked()
            {
                view.commands.send(Command::Copy {
                    text: text.to_owned(),
                    what: Key("copied-event"),
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
        label(ui, &text!("live-no-properties"), Type::Body, color.muted);
    }
    for (name, value) in &event.properties {
        ui.horizontal(|ui| {
            let size = vec2(NAME_WIDTH, tokens(ui).size.row - 1.0);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_size(size);
                elided(ui, name, Type::Body, color.muted, NAME_WIDTH);
            });
            let width = ui.available_width();
            elided(ui, &name_of(value), Type::Body, color.text, width);
        });
        separator(ui);
    }
}

fn refusal(ui: &mut Ui, view: View<'_>, warning: &Warning) {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let when = date_and_time(warning.received_at, &view.session.zone());
    label_wrapped(ui, &warning.message, Type::Body, color.text);
    let about = text!(
        "live-refusal",
        kind = refusal_kind(warning.kind),
        when = when
    );
    label(ui, &about, Type::Small, color.muted);
    if let Some(bytes) = &warning.bytes {
        code_block(ui, &text!("live-refusal-bytes"), bytes);
    }
    ui.add_space(tokens.space.s);
}

fn refusal_kind(kind: WarningKind) -> Key {
    match kind {
        WarningKind::Refused => Key("live-refusal-refused"),
        WarningKind::StringCut => Key("live-refusal-string-cut"),
        WarningKind::FutureTime => Key("live-refusal-future-time"),
        WarningKind::OldTime => Key("live-refusal-old-time"),
        WarningKind::NumberAsText => Key("live-refusal-number-as-text"),
        WarningKind::LinkRefused => Key("live-refusal-link-refused"),
        WarningKind::IdConflict => Key("live-refusal-id-conflict"),
    }
}
