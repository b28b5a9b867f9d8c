//! Everything that a user can do. Views send commands, the palette lists them, shortcuts name
//! them; [`crate::app`] applies them, once per frame.

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
    /// How many, how often, how much, by whom, over time.
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

    /// The key that goes to it, after `g`.
    pub fn go_key(self) -> egui::Key {
        match self {
            Self::Insights => egui::Key::I,
            Self::Live => egui::Key::L,
            Self::Settings => egui::Key::S,
        }
    }
}

/// What lies over the modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// Search and commands.
    Palette,
    /// All shortcuts.
    Shortcuts,
}

/// Something that a user does.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Shows a module.
    Go(Module),
    /// Works on another project.
    SelectProject(ProjectId),
    /// Chooses dark, light or the system's theme.
    SetTheme(egui::ThemePreference),
    /// Dark to light and back.
    ToggleTheme,
    /// Folds or unfolds the navigation.
    ToggleNavigation,
    /// Shows something over the modules.
    Open(Overlay),
    /// Closes what lies over the modules.
    CloseOverlay,
    /// Asks the backend again, now.
    Reconnect,
    /// Copies a text.
    Copy {
        /// The text.
        text: String,
        /// What it is, for the notice: *Copied the public key*.
        what: &'static str,
    },
    /// Of the empty state.
    FirstRun(FirstRunCommand),
    /// Of *Insights*.
    Insights(InsightsCommand),
    /// Of *Live*.
    Live(LiveCommand),
    /// Of *Settings*.
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

    /// Whether nothing waits to be applied.
    pub fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }

    /// Takes what was sent, in order.
    pub fn drain(&self) -> Vec<Command> {
        self.queue.take()
    }
}
