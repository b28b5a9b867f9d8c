//! Every action of a user, as a command. Views, the palette and shortcuts send commands;
//! [`crate::app`] applies them, once per frame.

mod actions;
pub mod palette;
pub mod shortcuts;

use std::cell::RefCell;

use empmix_model::ids::ProjectId;

use crate::{
    first_run::FirstRunCommand, insights::InsightsCommand, live::LiveCommand, module::Module,
    report::ReportCommand, settings::SettingsCommand, texts::Key,
};

/// A layer over the modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// The command palette.
    Palette,
    /// The sheet of all shortcuts.
    Shortcuts,
}

/// An action of a user.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Shows a module.
    Go(Module),
    /// Switches to another project.
    SelectProject(ProjectId),
    /// Chooses dark, light or the system's theme.
    SetTheme(egui::ThemePreference),
    /// Switches between dark and light.
    ToggleTheme,
    /// Folds or unfolds the navigation.
    ToggleNavigation,
    /// Opens an overlay.
    Open(Overlay),
    /// Closes the overlay.
    CloseOverlay,
    /// Sends the next request to the backend now.
    Reconnect,
    /// Asks for the projects again, since one changed; opens this one once it is among them.
    ReloadProjects(Option<ProjectId>),
    /// Asks for the schema of the project again.
    ReloadSchema,
    /// Copies a text.
    Copy {
        /// The text.
        text: String,
        /// What the text is, for the notice: *the public key*.
        what: Key,
    },
    /// Copies a link to what is shown.
    CopyLink,
    /// A command of any report, for the one that is shown.
    Report(ReportCommand),
    /// A command of the empty state.
    FirstRun(FirstRunCommand),
    /// A command of *Insights*.
    Insights(InsightsCommand),
    /// A command of *Live*.
    Live(LiveCommand),
    /// A command of *Settings*.
    Settings(SettingsCommand),
}

macro_rules! command_of {
    ($($module:ident($command:ty)),+) => {$(
        impl From<$command> for Command {
            fn from(command: $command) -> Self {
                Self::$module(command)
            }
        }
    )+};
}
command_of!(
    Report(ReportCommand),
    FirstRun(FirstRunCommand),
    Insights(InsightsCommand),
    Live(LiveCommand),
    Settings(SettingsCommand)
);

/// Where views send their commands.
#[derive(Debug, Default)]
pub struct Commands {
    queue: RefCell<Vec<Command>>,
}

impl Commands {
    /// Sends a command; it is applied before the next frame is shown.
    pub fn send(&self, command: impl Into<Command>) {
        self.queue.borrow_mut().push(command.into());
    }

    /// Whether no command waits to be applied.
    pub fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }

    /// Takes the commands in the order in which they were sent.
    pub fn drain(&self) -> Vec<Command> {
        self.queue.take()
    }
}
