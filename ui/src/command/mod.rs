//! Every action of a user, as a command. Views, the palette and shortcuts send commands;
//! [`crate::app`] applies them, once per frame.

pub mod palette;
pub mod shortcuts;

use std::cell::RefCell;

use empmix_model::ids::ProjectId;

use crate::{
    first_run::FirstRunCommand, insights::InsightsCommand, live::LiveCommand,
    settings::SettingsCommand,
};

/// A module of the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Module {
    /// Counts, sums and averages over time.
    #[default]
    Insights,
    /// Events as they arrive.
    Live,
    /// Project, keys, theme.
    Settings,
}

impl Module {
    /// All of them, in the order of the navigation.
    pub const ALL: [Self; 3] = [Self::Insights, Self::Live, Self::Settings];

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Insights => "Insights",
            Self::Live => "Live",
            Self::Settings => "Settings",
        }
    }

    /// The key that opens it, after `g`.
    pub fn go_key(self) -> egui::Key {
        match self {
            Self::Insights => egui::Key::I,
            Self::Live => egui::Key::L,
            Self::Settings => egui::Key::S,
        }
    }
}

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
    /// Copies a text.
    Copy {
        /// The text.
        text: String,
        /// The name of the text in the notice: *Copied the public key*.
        what: &'static str,
    },
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
