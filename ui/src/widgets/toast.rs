//! A notice that goes by itself.

use egui::{Align2, Area, Context, Id, Margin, Order, accesskit::Role, vec2};

use super::{card::popup_frame, icon::Icon, text::label};
use crate::theme::{Type, tokens};

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done.
    Done,
    /// Something went wrong.
    Failed,
}

/// Shows a notice over the lower edge of the window, above a module's footer, in this frame.
pub fn toast(ctx: &Context, kind: ToastKind, text: &str) {
    let tokens = tokens(ctx);
    let (icon, ink) = match kind {
        ToastKind::Done => (Icon::Check, tokens.color.good),
        ToastKind::Failed => (Icon::Warning, tokens.color.bad),
    };
    let footer = tokens.space.l + tokens.size.control;
    Area::new(Id::unique("toast"))
        .order(Order::Tooltip)
        .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -footer - tokens.space.s))
        .interactable(false)
        .role(Role::Status)
        .show(ctx, |ui| {
            let margin = Margin::symmetric(tokens.space.m as i8, tokens.space.s as i8);
            popup_frame(ui).inner_margin(margin).show(ui, |ui| {
                ui.horizontal(|ui| {
                    let side = tokens.size.icon;
                    let (rect, _) = ui.allocate_exact_size(vec2(side, side), egui::Sense::HOVER);
                    icon.paint(ui.painter(), rect, side, ink);
                    label(ui, text, Type::Body, tokens.color.text);
                });
            });
        });
}
