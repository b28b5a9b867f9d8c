//! *About*: what runs here, for those who ask for help.

use egui::Ui;
use empmix_protocol::{PROTOCOL_VERSION, reply::Status};

use crate::{
    clock::span,
    command::Command,
    module::Page,
    session::{Session, UpdateCtx, View},
    theme::{Type, tokens},
    widgets::{Button, Icon, group, label, label_wrapped, page, row},
};

/// The version of this console.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// *About* has no state of its own.
#[derive(Debug, Default)]
pub struct AboutState;

impl Page for AboutState {
    fn update(&mut self, _cx: UpdateCtx<'_>, _is_shown: bool) {}

    fn show(&self, ui: &mut Ui, view: View<'_>) {
        page(ui, "About", |ui| {
            let console = facts_of_console();
            let sidecar = view.session.status.latest();
            let sidecar = sidecar.map(|status| facts_of_sidecar(status, view.session));
            card(ui, "Emp-Mix console", &console);
            match &sidecar {
                Some(facts) => card(ui, "Sidecar", facts),
                None => missing(ui),
            }
            let copy = Button::secondary("Copy these details").icon(Icon::Copy);
            if ui.add(copy).clicked() {
                let facts = console.iter().chain(sidecar.iter().flatten());
                let lines = facts.map(|(name, value)| format!("{name}: {value}"));
                view.commands.send(Command::Copy {
                    text: lines.collect::<Vec<_>>().join("\n"),
                    what: "the details",
                });
            }
        });
    }

    fn apply(&mut self, _command: &Command, _cx: UpdateCtx<'_>) {}

    fn project_changed(&mut self) {}
}

type Fact = (&'static str, String);

fn facts_of_console() -> Vec<Fact> {
    vec![
        ("Version", VERSION.to_owned()),
        ("Protocol", PROTOCOL_VERSION.to_string()),
        ("Licence", env!("CARGO_PKG_LICENSE").to_owned()),
    ]
}

fn facts_of_sidecar(status: &Status, session: &Session) -> Vec<Fact> {
    let uptime = i64::try_from(status.uptime_s).unwrap_or(i64::MAX / 1000);
    let mut facts = vec![
        ("Sidecar", status.version.clone()),
        ("Its protocol", status.protocol.to_string()),
        ("Address", session.sdk_url()),
        ("Roles", status.roles.join(", ")),
        ("Store", status.engine.to_string()),
        ("Broker", status.broker.clone()),
        ("Runs for", span(uptime.saturating_mul(1000))),
        ("A 200 means", status.durability.clone()),
    ];
    facts.extend(status.warnings.iter().map(|text| ("Warning", text.clone())));
    facts
}

fn card(ui: &mut Ui, title: &str, facts: &[Fact]) {
    let ink = tokens(ui).color.text;
    group(ui, title, |ui| {
        for (name, value) in facts {
            row(ui, name, |ui| {
                label_wrapped(ui, value, Type::Body, ink);
            });
        }
    });
}

fn missing(ui: &mut Ui) {
    let ink = tokens(ui).color.muted;
    group(ui, "Sidecar", |ui| {
        label(ui, "The sidecar has not answered yet", Type::Body, ink);
    });
}
