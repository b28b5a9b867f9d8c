//! The window around the modules: top bar, navigation, banner, palette, shortcut sheet, notice.

mod banner;
mod navigation;
mod palette;
mod sheet;
mod sign_in;
mod top_bar;

use egui::{Frame, Panel, Ui};
use empmix_protocol::ErrorCode;

use crate::{
    command::{Command, Overlay},
    module::Module,
    session::{Connection, View},
    theme::tokens,
    widgets::{ToastKind, toast},
};

/// Top bar, navigation, overlays.
#[derive(Debug, Default)]
pub struct Chrome {
    /// The module that is shown.
    pub module: Module,
    /// Whether the navigation shows icons only.
    pub folded: bool,
    /// The overlay that is open.
    pub overlay: Option<Overlay>,
    /// Whether a control has the keyboard focus, so that Space presses it.
    pub keyboard_focus: bool,
    palette: palette::CommandPalette,
    notice: Option<Notice>,
}

/// A short message about a finished action that disappears after a while.
#[derive(Debug)]
struct Notice {
    kind: ToastKind,
    text: String,
    until_s: f64,
}

/// How long a notice is shown, and one that says what went wrong and what to do.
const NOTICE_S: f64 = 2.5;
const FAILURE_S: f64 = 8.0;

impl Chrome {
    /// Shows a notice.
    pub fn notice(&mut self, kind: ToastKind, text: String, now_s: f64) {
        let until_s = now_s
            + match kind {
                ToastKind::Done => NOTICE_S,
                ToastKind::Failed => FAILURE_S,
            };
        self.notice = Some(Notice {
            kind,
            text,
            until_s,
        });
    }

    /// Applies the commands of the window itself and ignores all others.
    pub fn apply(&mut self, command: &Command) {
        match command {
            Command::Go(module) => {
                self.module = *module;
                self.overlay = None;
            }
            Command::ToggleNavigation => self.folded = !self.folded,
            Command::Open(overlay) => {
                self.overlay = (self.overlay != Some(*overlay)).then_some(*overlay);
                self.palette = palette::CommandPalette::default();
            }
            Command::CloseOverlay => self.overlay = None,
            _ => {}
        }
    }

    /// Shows everything except the overlays; `add` shows the module.
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

    /// Shows the open overlay and the notice.
    pub fn show_overlays(&mut self, ui: &mut Ui, view: View<'_>) {
        match self.overlay {
            Some(Overlay::Palette) => {
                let mut palette = std::mem::take(&mut self.palette);
                palette.show(ui.ctx(), self, view);
                self.palette = palette;
            }
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

/// Whether the backend requires a token that this page does not have.
fn needs_sign_in(view: View<'_>) -> bool {
    matches!(
        &view.session.connection,
        Connection::Disconnected { error, .. } if error.code == ErrorCode::Unauthorized
    )
}
