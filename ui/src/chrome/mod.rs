//! What surrounds the modules: top bar, navigation, banner, palette, shortcut sheet, notice.

mod banner;
mod navigation;
mod palette;
mod sheet;
mod sign_in;
mod top_bar;

use egui::{Frame, Panel, Ui};
use empmix_protocol::ErrorCode;

use crate::{
    command::{Command, Module, Overlay},
    session::{Connection, View},
    theme::tokens,
    widgets::{ToastKind, toast},
};

/// Top bar, navigation, overlays.
#[derive(Debug, Default)]
pub struct Chrome {
    /// The module that shows.
    pub module: Module,
    /// Whether the navigation is icons only.
    pub folded: bool,
    /// What lies over the modules.
    pub overlay: Option<Overlay>,
    /// Whether a control has the keyboard: Space then presses it.
    pub keyboard_focus: bool,
    palette: palette::Palette,
    notice: Option<Notice>,
}

/// A line that says what just happened, and goes away.
#[derive(Debug)]
struct Notice {
    kind: ToastKind,
    text: String,
    until_s: f64,
}

/// How long a notice stays.
const NOTICE_S: f64 = 2.5;

impl Chrome {
    /// Says what just happened.
    pub fn notice(&mut self, kind: ToastKind, text: String, now_s: f64) {
        let until_s = now_s + NOTICE_S;
        self.notice = Some(Notice {
            kind,
            text,
            until_s,
        });
    }

    /// Applies a command of the window itself; others are ignored.
    pub fn apply(&mut self, command: &Command) {
        match command {
            Command::Go(module) => {
                self.module = *module;
                self.overlay = None;
            }
            Command::ToggleNavigation => self.folded = !self.folded,
            Command::Open(overlay) => {
                self.overlay = (self.overlay != Some(*overlay)).then_some(*overlay);
                self.palette = palette::Palette::default();
            }
            Command::CloseOverlay => self.overlay = None,
            _ => {}
        }
    }

    /// Shows everything but the overlays; `add` shows the module.
    pub fn show(&mut self, ui: &mut Ui, view: View<'_>, add: impl FnOnce(&mut Ui, Module)) {
        self.keyboard_focus = ui.ctx().memory(|memory| memory.focused().is_some());
        let color = &tokens(ui).color;
        let size = &tokens(ui).size;
        let bar = Frame::new().fill(color.surface);
        Panel::top("top bar")
            .exact_size(size.top_bar)
            .frame(bar)
            .show_separator_line(false)
            .show(ui, |ui| top_bar::show(ui, view));
        if needs_sign_in(view) {
            egui::CentralPanel::no_frame()
                .frame(Frame::new().fill(color.background))
                .show(ui, |ui| sign_in::show(ui, view));
            return;
        }
        let width = if self.folded {
            size.nav_folded
        } else {
            size.nav
        };
        Panel::left("navigation")
            .exact_size(width)
            .frame(bar)
            .resizable(false)
            .show_separator_line(false)
            .show(ui, |ui| {
                navigation::show(ui, view, self.module, self.folded);
            });
        banner::show(ui, view);
        egui::CentralPanel::no_frame()
            .frame(Frame::new().fill(color.background))
            .show(ui, |ui| {
                add(ui, self.module);
            });
    }

    /// Shows what lies over the modules.
    pub fn show_overlays(&mut self, ui: &mut Ui, view: View<'_>) {
        match self.overlay {
            Some(Overlay::Palette) => self.palette.show(ui.ctx(), view),
            Some(Overlay::Shortcuts) => sheet::show(ui.ctx(), view),
            None => {}
        }
        if let Some(notice) = &self.notice {
            let left_s = notice.until_s - view.session.time_s;
            if left_s > 0.0 {
                toast(ui.ctx(), notice.kind, &notice.text);
                ui.ctx().request_repaint_after_secs(left_s as f32);
            } else {
                self.notice = None;
            }
        }
    }
}

/// Whether the backend wants a token that this page does not have.
fn needs_sign_in(view: View<'_>) -> bool {
    matches!(
        &view.session.connection,
        Connection::Disconnected { error, .. } if error.code == ErrorCode::Unauthorized
    )
}
