//! The view of *Settings*: a column of cards.

use egui::{Align, Layout, Ui};
use empmix_model::project::{Project, WeekStart};
use empmix_protocol::call::KeyKind;

use super::{Draft, SettingsCommand, SettingsState};
use crate::{
    command::Command,
    session::View,
    snippet::{Platform, code_block, short_key, snippet},
    text,
    texts::Key,
    theme::{Type, tokens},
    widgets::{
        Button, ButtonKind, Choice, Picker, TextField, elided, group, label, label_wrapped, page,
        row, segmented,
    },
};

const FIELD_WIDTH: f32 = 280.0;

const WEEK: [(WeekStart, Key); 7] = [
    (WeekStart::Monday, Key("settings-monday")),
    (WeekStart::Tuesday, Key("settings-tuesday")),
    (WeekStart::Wednesday, Key("settings-wednesday")),
    (WeekStart::Thursday, Key("settings-thursday")),
    (WeekStart::Friday, Key("settings-friday")),
    (WeekStart::Saturday, Key("settings-saturday")),
    (WeekStart::Sunday, Key("settings-sunday")),
];
const THEMES: [(egui::ThemePreference, Key); 3] = [
    (egui::ThemePreference::System, Key("settings-theme-system")),
    (egui::ThemePreference::Dark, Key("settings-theme-dark")),
    (egui::ThemePreference::Light, Key("settings-theme-light")),
];

impl SettingsState {
    /// Shows the module.
    pub(super) fn paint(&self, ui: &mut Ui, view: View<'_>) {
        page(ui, &text!("settings-title"), |ui| {
            self.error(ui);
            if let Some(project) = view.session.project() {
                about_project(ui, view, project);
                self.keys(ui, view, project);
                self.sending(ui, view, project);
            }
            self.new_project(ui, view);
            appearance(ui, view);
        });
    }

    fn error(&self, ui: &mut Ui) {
        if let Some(error) = &self.error {
            let color = &tokens(ui).color;
            label_wrapped(ui, &error.message, Type::Body, color.bad);
        }
    }

    fn keys(&self, ui: &mut Ui, view: View<'_>, project: &Project) {
        let color = &tokens(ui).color;
        group(ui, &text!("settings-keys"), |ui| {
            row(ui, &text!("settings-public-key"), |ui| {
                let key = project.public_key.to_string();
                elided(ui, &key, Type::Mono, color.text, 340.0);
                buttons(ui, |ui| {
                    let name = text!("settings-public-key-copy");
                    if copy_button(ui, ButtonKind::Secondary, &name) {
                        view.commands.send(Command::Copy {
                            text: key.clone(),
                            what: Key("copied-public-key"),
                        });
                    }
                    let (label, name) = (
                        text!("settings-replace"),
                        text!("settings-public-key-ask-replace"),
                    );
                    if ui.add(Button::secondary(&label).name(&name)).clicked() {
                        view.commands
                            .send(SettingsCommand::AskRotate(KeyKind::Public));
                    }
                });
            });
            self.confirm(ui, view, KeyKind::Public);
            row(ui, &text!("settings-secret-key"), |ui| {
                self.secret_key(ui, view, project);
            });
            self.confirm(ui, view, KeyKind::Secret);
            if let Some(secret) = self.secrets.get(&project.id) {
                shown_once(ui, view, secret);
            }
        });
    }

    fn secret_key(&self, ui: &mut Ui, view: View<'_>, project: &Project) {
        let color = &tokens(ui).color;
        let (text, short, action) = if project.has_secret_key {
            (
                text!("settings-secret-key-shown"),
                text!("settings-replace"),
                text!("settings-secret-key-ask-replace"),
            )
        } else {
            (
                text!("settings-secret-key-none"),
                text!("settings-make"),
                text!("settings-secret-key-make"),
            )
        };
        label(ui, &text, Type::Body, color.muted);
        buttons(ui, |ui| {
            let button = Button::secondary(&short)
                .name(&action)
                .enabled(!self.rotated.is_pending());
            if ui.add(button).clicked() {
                view.commands.send(if project.has_secret_key {
                    SettingsCommand::AskRotate(KeyKind::Secret)
                } else {
                    SettingsCommand::Rotate(KeyKind::Secret)
                });
            }
        });
    }

    fn confirm(&self, ui: &mut Ui, view: View<'_>, key: KeyKind) {
        if self.confirming != Some(key) {
            return;
        }
        let color = &tokens(ui).color;
        let (text, name) = match key {
            KeyKind::Public => (
                text!("settings-public-key-warning"),
                text!("settings-public-key-replace"),
            ),
            KeyKind::Secret => (
                text!("settings-secret-key-warning"),
                text!("settings-secret-key-replace"),
            ),
        };
        row(ui, "", |ui| {
            label(ui, &text, Type::Small, color.warn);
        });
        row(ui, "", |ui| {
            if ui.add(Button::danger(&name)).clicked() {
                view.commands.send(SettingsCommand::Rotate(key));
            }
            let keep = text!("settings-keep");
            if ui.add(Button::secondary(&keep)).clicked() {
                view.commands.send(SettingsCommand::KeepKey);
            }
        });
    }

    fn sending(&self, ui: &mut Ui, view: View<'_>, project: &Project) {
        let tokens = tokens(ui);
        group(ui, &text!("settings-send"), |ui| {
            let (url, key) = (view.session.sdk_url(), project.public_key.to_string());
            ui.horizontal(|ui| {
                let name = text!("settings-platform");
                if let Some(platform) = segmented(ui, &name, &Platform::ALL, self.platform) {
                    view.commands.send(SettingsCommand::Platform(platform));
                }
                buttons(ui, |ui| {
                    let name = text!("settings-snippet-copy");
                    if copy_button(ui, ButtonKind::Secondary, &name) {
                        view.commands.send(Command::Copy {
                            text: snippet(self.platform, &url, &key),
                            what: Key("copied-snippet"),
                        });
                    }
                });
            });
            ui.add_space(tokens.space.xs);
            let shown = snippet(self.platform, &url, &short_key(&key));
            code_block(ui, &text!("settings-snippet"), &shown);
        });
    }

    fn new_project(&self, ui: &mut Ui, view: View<'_>) {
        let mut draft = self.draft.clone();
        group(ui, &text!("settings-new"), |ui| {
            row(ui, &text!("settings-name"), |ui| {
                let (name, hint) = (text!("settings-new-name"), text!("settings-new-name-hint"));
                TextField::new(&name)
                    .hint(&hint)
                    .width(FIELD_WIDTH)
                    .limit(100)
                    .show(ui, &mut draft.name);
            });
            row(ui, &text!("settings-zone"), |ui| {
                zone_picker(ui, view, &mut draft);
            });
            row(ui, &text!("settings-week"), |ui| {
                week_picker(ui, &mut draft);
            });
            row(ui, "", |ui| {
                let ready = !draft.name.trim().is_empty() && !self.created.is_pending();
                let create = text!("settings-create");
                if ui.add(Button::primary(&create).enabled(ready)).clicked() {
                    view.commands.send(SettingsCommand::CreateProject);
                }
            });
        });
        if draft != self.draft {
            view.commands.send(SettingsCommand::Draft(draft));
        }
    }
}

fn about_project(ui: &mut Ui, view: View<'_>, project: &Project) {
    let color = &tokens(ui).color;
    let week = day_name(project.week_start);
    group(ui, &text!("settings-project"), |ui| {
        let facts = [
            (Key("settings-name"), &project.name),
            (Key("settings-zone"), &project.timezone),
            (Key("settings-week"), &week),
        ];
        for (name, value) in facts {
            row(ui, &name.text(), |ui| {
                let width = ui.available_width();
                elided(ui, value, Type::Body, color.text, width);
            });
        }
        row(ui, &text!("settings-id"), |ui| {
            let id = project.id.to_string();
            label(ui, &id, Type::Mono, color.text);
            buttons(ui, |ui| {
                if copy_button(ui, ButtonKind::Secondary, &text!("settings-id-copy")) {
                    view.commands.send(Command::Copy {
                        text: id.clone(),
                        what: Key("copied-project-id"),
                    });
                }
            });
        });
    });
}

fn shown_once(ui: &mut Ui, view: View<'_>, secret: &str) {
    let color = &tokens(ui).color;
    row(ui, "", |ui| {
        elided(ui, secret, Type::Mono, color.text, 340.0);
        buttons(ui, |ui| {
            let name = text!("settings-secret-key-copy");
            if copy_button(ui, ButtonKind::Primary, &name) {
                view.commands.send(Command::Copy {
                    text: secret.to_owned(),
                    what: Key("copied-secret-key"),
                });
            }
            let (label, name) = (text!("settings-hide"), text!("settings-secret-key-hide"));
            if ui.add(Button::secondary(&label).name(&name)).clicked() {
                view.commands.send(SettingsCommand::HideSecret);
            }
        });
    });
    row(ui, "", |ui| {
        let note = text!("settings-secret-key-once");
        label(ui, &note, Type::Small, color.warn);
    });
}

fn zone_picker(ui: &mut Ui, view: View<'_>, draft: &mut Draft) {
    let zone = draft.timezone.clone();
    let zone = zone.unwrap_or_else(|| view.session.timezone.clone());
    let name = text!("settings-zone");
    let picker = Picker::new(&name, &zone).width(FIELD_WIDTH);
    let picked = picker.show(ui, || {
        let names = jiff::tz::db().available();
        names
            .map(|name| Choice::new(name.to_string(), name.to_string()))
            .collect()
    });
    if picked.is_some() {
        draft.timezone = picked;
    }
}

fn week_picker(ui: &mut Ui, draft: &mut Draft) {
    let (name, chosen) = (text!("settings-week"), day_name(draft.week_start));
    let picker = Picker::new(&name, &chosen).width(FIELD_WIDTH);
    let days = || {
        WEEK.iter()
            .map(|(day, name)| Choice::new(*day, name.text()))
            .collect()
    };
    if let Some(day) = picker.show(ui, days) {
        draft.week_start = day;
    }
}

fn day_name(day: WeekStart) -> String {
    let found = WEEK.iter().find(|(known, _)| *known == day);
    found.map_or_else(String::new, |(_, name)| name.text())
}

fn appearance(ui: &mut Ui, view: View<'_>) {
    group(ui, &text!("settings-appearance"), |ui| {
        let name = text!("settings-theme");
        row(ui, &name, |ui| {
            let chosen = ui.ctx().options(|options| options.theme_preference);
            if let Some(theme) = segmented(ui, &name, &THEMES, chosen) {
                view.commands.send(Command::SetTheme(theme));
            }
        });
    });
}

/// Shows a button that copies; `name` says what. Returns whether it was pressed.
fn copy_button(ui: &mut Ui, kind: ButtonKind, name: &str) -> bool {
    let label = text!("settings-copy");
    ui.add(Button::new(kind, &label).name(name)).clicked()
}

fn buttons(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.with_layout(Layout::right_to_left(Align::Center), add);
}
