//! *About*: what runs here, for those who ask for help.

use egui::Ui;
use empmix_protocol::{PROTOCOL_VERSION, reply::Status};

use crate::{
    clock::span,
    command::Command,
    module::Page,
    session::{Session, UpdateCtx, View},
    text,
    texts::Key,
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
        page(ui, &text!("about-title"), |ui| {
            let console = facts_of_console();
            let sidecar = view.session.status.latest();
            let sidecar = sidecar.map(|status| facts_of_sidecar(status, view.session));
            card(ui, &text!("about-console"), &console);
            match &sidecar {
                Some(facts) => card(ui, &text!("about-sidecar"), facts),
                None => missing(ui),
            }
            let copy = text!("about-copy");
            let copy = Button::secondary(&copy).icon(Icon::Copy);
            if ui.add(copy).clicked() {
                let facts = console.iter().chain(sidecar.iter().flatten());
                let lines = facts.map(|(name, value)| format!("{}: {value}", name.text()));
                view.commands.send(Command::Copy {
                    text: lines.collect::<Vec<_>>().join("\n"),
                    what: Key("copied-details"),
                });
            }
        });
    }

    fn apply(&mut self, _command: &Command, _cx: UpdateCtx<'_>) {}

    fn project_changed(&mut self) {}
}

/// A name and a value.
type Fact = (Key, String);

fn facts_of_console() -> Vec<Fact> {
    vec![
        (Key("about-version"), VERSION.to_owned()),
        (Key("about-protocol"), PROTOCOL_VERSION.to_string()),
        (Key("about-licence"), env!("CARGO_PKG_LICENSE").to_owned()),
    ]
}

fn facts_of_sidecar(status: &Status, session: &Session) -> Vec<Fact> {
    let uptime = i64::try_from(status.uptime_s).unwrap_or(i64::MAX / 1000);
    let mut facts = vec![
        (Key("about-sidecar"), status.version.clone()),
        (Key("about-sidecar-protocol"), status.protocol.to_string()),
        (Key("about-address"), session.sdk_url()),
        (Key("about-roles"), status.roles.join(", ")),
        (Key("about-store"), status.engine.to_string()),
        (Key("about-broker"), status.broker.clone()),
        (Key("about-uptime"), span(uptime.saturating_mul(1000))),
        (Key("about-durability"), status.durability.clone()),
    ];
    facts.extend(
        status
            .warnings
            .iter()
            .map(|text| (Key("about-warning"), text.clone())),
    );
    facts
}

fn card(ui: &mut Ui, title: &str, facts: &[Fact]) {
    let ink = tokens(ui).color.text;
    group(ui, title, |ui| {
        for (name, value) in facts {
            row(ui, &name.text(), |ui| {
                label_wrapped(ui, value, Type::Body, ink);
            });
        }
    });
}

fn missing(ui: &mut Ui) {
    let ink = tokens(ui).color.muted;
    group(ui, &text!("about-sidecar"), |ui| {
        label(ui, &text!("about-sidecar-missing"), Type::Body, ink);
    });
}
