//! The view of *Settings*: a column of cards.

use egui::{Align, Layout, Ui};
use empmix_model::project::{Project, WeekStart};
use empmix_protocol::call::KeyKind;

use super::{Draft, SettingsCommand, SettingsState};
use crate::{
    command::Command,
    session::View,
    snippet::{Platform, code_block, short_key, snippet},
    theme::{Type, tokens},
    widgets::{
        Button, Choice, Picker, TextField, elided, group, label, label_wrapped, page, row,
        segmented,
    },
};

const FIELD_WIDTH: f32 = 280.0;

const WEEK: [(WeekStart, &str); 7] = [
    (WeekStart::Monday, "Monday"),
    (WeekStart::Tuesday, "Tuesday"),
    (WeekStart::Wednesday, "Wednesday"),
    (WeekStart::Thursday, "Thursday"),
    (WeekStart::Friday, "Friday"),
    (WeekStart::Saturday, "Saturday"),
    (WeekStart::Sunday, "Sunday"),
];
const THEMES: [(egui::ThemePreference, &str); 3] = [
    (egui::ThemePreference::System, "System"),
    (egui::ThemePreference::Dark, "Dark"),
    (egui::ThemePreference::Light, "Light"),
];

impl SettingsState {
    /// Shows the module.
    pub(super) fn paint(&self, ui: &mut Ui, view: View<'_>) {
        page(ui, "Settings", |ui| {
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
        group(ui, "Keys", |ui| {
            row(ui, "Public key", |ui| {
                let key = project.public_key.to_string();
                elided(ui, &key, Type::Mono, color.text, 340.0);
                buttons(ui, |ui| {
                    let copy = Button::secondary("Copy").name("Copy the public key");
                    if ui.add(copy).clicked() {
                        view.commands.send(Command::Copy {
                            text: key.clone(),
                            what: "the public key",
                        });
                    }
                    let replace = Button::secondary("Replace…").name("Replace the public key…");
                    if ui.add(replace).clicked() {
                        view.commands
                            .send(SettingsCommand::AskRotate(KeyKind::Public));
                    }
                });
            });
            self.confirm(ui, view, KeyKind::Public);
            row(ui, "Secret key", |ui| self.secret_key(ui, view, project));
            self.confirm(ui, view, KeyKind::Secret);
            if let Some(secret) = self.secrets.get(&project.id) {
                shown_once(ui, view, secret);
            }
        });
    }

    fn secret_key(&self, ui: &mut Ui, view: View<'_>, project: &Project) {
        let color = &tokens(ui).color;
        let (text, action) = if project.has_secret_key {
            ("Shown once, when it was created", "Replace the secret key…")
        } else {
            (
                "None yet: needed for imports and server calls",
                "Make a secret key",
            )
        };
        label(ui, text, Type::Body, color.muted);
        buttons(ui, |ui| {
            let short = if project.has_secret_key {
                "Replace…"
            } else {
                "Make one"
            };
            let button = Button::secondary(short)
                .name(action)
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
                "Apps that use this key cannot send events until they have the new one.",
                "Replace the public key",
            ),
            KeyKind::Secret => (
                "Servers that use this key are refused until they have the new one.",
                "Replace the secret key",
            ),
        };
        row(ui, "", |ui| {
            label(ui, text, Type::Small, color.warn);
        });
        row(ui, "", |ui| {
            if ui.add(Button::danger(name)).clicked() {
                view.commands.send(SettingsCommand::Rotate(key));
            }
            if ui.add(Button::secondary("Keep it")).clicked() {
                view.commands.send(SettingsCommand::KeepKey);
            }
        });
    }

    fn sending(&self, ui: &mut Ui, view: View<'_>, project: &Project) {
        let tokens = tokens(ui);
        group(ui, "Send events", |ui| {
            let (url, key) = (view.session.sdk_url(), project.public_key.to_string());
            ui.horizontal(|ui| {
                if let Some(platform) = segmented(ui, "Platform", &Platform::ALL, self.platform) {
                    view.commands.send(SettingsCommand::Platform(platform));
                }
                buttons(ui, |ui| {
                    let copy = Button::secondary("Copy").name("Copy the snippet");
                    if ui.add(copy).clicked() {
                        view.commands.send(Command::Copy {
                            text: snippet(self.platform, &url, &key),
                            what: "the snippet",
                        });
                    }
                });
            });
            ui.add_space(tokens.space.xs);
            let shown = snippet(self.platform, &url, &short_key(&key));
            code_block(ui, "Snippet", &shown);
        });
    }

    fn new_project(&self, ui: &mut Ui, view: View<'_>) {
        let mut draft = self.draft.clone();
        group(ui, "New project", |ui| {
            row(ui, "Name", |ui| {
                TextField::new("Project name")
                    .hint("Web shop")
                    .width(FIELD_WIDTH)
                    .limit(100)
                    .show(ui, &mut draft.name);
            });
            row(ui, "Time zone", |ui| zone_picker(ui, view, &mut draft));
            row(ui, "Week starts on", |ui| week_picker(ui, &mut draft));
            row(ui, "", |ui| {
                let ready = !draft.name.trim().is_empty() && !self.created.is_pending();
                if ui
                    .add(Button::primary("Create project").enabled(ready))
                    .clicked()
                {
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
    let week = WEEK.iter().find(|(day, _)| *day == project.week_start);
    group(ui, "Project", |ui| {
        let facts = [
            ("Name", project.name.as_str()),
            ("Time zone", project.timezone.as_str()),
            ("Week starts on", week.map_or("", |(_, name)| name)),
        ];
        for (name, value) in facts {
            row(ui, name, |ui| {
                let width = ui.available_width();
                elided(ui, value, Type::Body, color.text, width);
            });
        }
        row(ui, "Id", |ui| {
            let id = project.id.to_string();
            label(ui, &id, Type::Mono, color.text);
            buttons(ui, |ui| {
                if ui
                    .add(Button::secondary("Copy").name("Copy the project id"))
                    .clicked()
                {
                    view.commands.send(Command::Copy {
                        text: id.clone(),
                        what: "the project id",
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
            if ui
                .add(Button::primary("Copy").name("Copy the secret key"))
                .clicked()
            {
                view.commands.send(Command::Copy {
                    text: secret.to_owned(),
                    what: "the secret key",
                });
            }
            let hide = Button::secondary("Hide").name("Hide the secret key");
            if ui.add(hide).clicked() {
                view.commands.send(SettingsCommand::HideSecret);
            }
        });
    });
    row(ui, "", |ui| {
        let note = "Copy it now: it is shown only once and stored only as a hash.";
        label(ui, note, Type::Small, color.warn);
    });
}

fn zone_picker(ui: &mut Ui, view: View<'_>, draft: &mut Draft) {
    let zone = draft.timezone.clone();
    let zone = zone.unwrap_or_else(|| view.session.timezone.clone());
    let picker = Picker::new("Time zone", &zone).width(FIELD_WIDTH);
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
    let chosen = WEEK.iter().find(|(day, _)| *day == draft.week_start);
    let chosen = chosen.map_or("Monday", |(_, name)| name);
    let picker = Picker::new("Week starts on", chosen).width(FIELD_WIDTH);
    let days = || {
        WEEK.iter()
            .map(|(day, name)| Choice::new(*day, *name))
            .collect()
    };
    if let Some(day) = picker.show(ui, days) {
        draft.week_start = day;
    }
}

fn appearance(ui: &mut Ui, view: View<'_>) {
    group(ui, "Appearance", |ui| {
        row(ui, "Theme", |ui| {
            let chosen = ui.ctx().options(|options| options.theme_preference);
            if let Some(theme) = segmented(ui, "Theme", &THEMES, chosen) {
                view.commands.send(Command::SetTheme(theme));
            }
        });
    });
}

fn buttons(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.with_layout(Layout::right_to_left(Align::Center), add);
}
