//! The page for a browser that is not signed in: the command that prints a sign-in link.

use egui::{Rect, Ui, UiBuilder, pos2, vec2};

use crate::{
    command::Command,
    session::View,
    snippet::code_block,
    text,
    texts::Key,
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
        label(ui, &text!("chrome-sign-in"), Type::Large, color.text);
        label_wrapped(ui, &text!("chrome-sign-in-hint"), Type::Body, color.muted);
        ui.add_space(tokens.space.xs);
        code_block(ui, &text!("chrome-sign-in-command"), COMMAND);
        ui.add_space(tokens.space.xs);
        let copy = text!("chrome-sign-in-copy");
        if ui.add(Button::primary(&copy)).clicked() {
            view.commands.send(Command::Copy {
                text: COMMAND.to_owned(),
                what: Key("copied-command"),
            });
        }
    });
}
