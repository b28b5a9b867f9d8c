//! A notice at the lower edge of the window.

use egui::{Align2, Area, Context, Id, Margin, Order, accesskit::Role, vec2};

use super::{card::popup_frame, icon::Icon, text::label};
use crate::theme::{Type, tokens};

/// The kind of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// An action succeeded.
    Done,
    /// An action failed.
    Failed,
}

/// Shows a notice in this frame, at the lower edge of the window and above a module's footer.
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
