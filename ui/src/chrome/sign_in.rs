//! The page for a browser that is not signed in: the command that prints a sign-in link.

use egui::{Rect, Ui, UiBuilder, pos2, vec2};

use crate::{
    command::Command,
    session::View,
    snippet::code_block,
    theme::{Type, tokens},
    widgets::{Button, label, label_wrapped},
};

const COMMAND: &str = "empmix-sidecar token --link";
const WIDTH: f32 = 440.0;
const HEIGHT: f32 = 180.0;

/// Shows the page.
pub(super) fn show(ui: &mut Ui, view: View<'_>) {
    let tokens = tokens(ui);
    let color = &tokens.color;
    let area = ui.max_rect();
    let corner = area.center() - vec2(WIDTH, HEIGHT) / 2.0;
    let page = Rect::from_min_size(
        pos2(corner.x.round(), corner.y.round()),
        vec2(WIDTH, HEIGHT),
    );
    ui.scope_builder(UiBuilder::new().max_rect(page), |ui| {
        label(ui, "Sign in with a link", Type::Large, color.text);
        let text = "A link is valid for one sign-in, for ten minutes. Print a new one on the machine \
                    that runs the sidecar, and open it here.";
        label_wrapped(ui, text, Type::Body, color.muted);
        ui.add_space(tokens.space.xs);
        code_block(ui, "Command that prints a link", COMMAND);
        ui.add_space(tokens.space.xs);
        if ui.add(Button::primary("Copy the command")).clicked() {
            view.commands.send(Command::Copy {
                text: COMMAND.to_owned(),
                what: "the command",
            });
        }
    });
}
