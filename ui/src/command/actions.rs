//! The actions that have a shortcut or an entry in the palette: a row each.

use egui::{InputState, KeyboardShortcut, Modifiers, os::OperatingSystem};

use super::{Command, Overlay};
use crate::{
    chrome::Chrome, live::LiveCommand, module::Module, report::ReportCommand, session::Session,
    text, texts::Key,
};

/// A key, with what is held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// With the system's command key: `Ctrl K`, `⌘K`. Also while a text is typed.
    Command(egui::Key),
    /// With that and Shift.
    CommandShift(egui::Key),
    /// A key alone. Also while a text is typed.
    Alone(egui::Key),
    /// A key alone that has another meaning for a text field or a control with the focus.
    Free(egui::Key),
    /// A character, however the keyboard makes it; not while a text is typed.
    Typed(&'static str),
}

/// An action.
pub(super) struct Action {
    /// What it does, in the palette and on the sheet.
    pub(super) text: Key,
    /// Its key, as the sheet and the palette show it.
    pub(super) keys: Option<Keys>,
    /// Other keys that do the same.
    pub(super) also: &'static [Keys],
    /// Whether the palette has it.
    pub(super) in_palette: bool,
    /// Whether it makes sense there.
    pub(super) when: fn(Place) -> bool,
    /// The command; `None` where there is nothing to do it with.
    pub(super) command: fn(&Chrome, &Session) -> Option<Command>,
}

/// Where the user is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The module that is shown.
    pub(super) module: Module,
    /// Whether something is open over it.
    pub(super) has_overlay: bool,
}

impl Place {
    pub(super) fn of(chrome: &Chrome) -> Self {
        Self {
            module: chrome.module,
            has_overlay: chrome.overlay.is_some(),
        }
    }
}

fn always(_: Place) -> bool {
    true
}

fn has_no_overlay(place: Place) -> bool {
    !place.has_overlay
}

fn shows_report(place: Place) -> bool {
    place.module.row().is_report
}

fn shows_live(place: Place) -> bool {
    place.module == Module::Live && has_no_overlay(place)
}

/// All actions, in the order of the sheet and of the palette.
pub(super) const ACTIONS: &[Action] = &[
    Action {
        text: Key("command-search"),
        keys: Some(Keys::Command(egui::Key::K)),
        also: &[],
        in_palette: false,
        when: always,
        command: |_, _| Some(Command::Open(Overlay::Palette)),
    },
    Action {
        text: Key("command-refresh"),
        keys: Some(Keys::Command(egui::Key::Enter)),
        also: &[Keys::Command(egui::Key::R), Keys::Alone(egui::Key::F5)],
        in_palette: true,
        when: shows_report,
        command: |_, _| Some(ReportCommand::Refresh.into()),
    },
    Action {
        text: Key("command-redo"),
        keys: Some(Keys::CommandShift(egui::Key::Z)),
        also: &[Keys::Command(egui::Key::Y)],
        in_palette: true,
        when: shows_report,
        command: |_, _| Some(ReportCommand::Redo.into()),
    },
    Action {
        text: Key("command-undo"),
        keys: Some(Keys::Command(egui::Key::Z)),
        also: &[],
        in_palette: true,
        when: shows_report,
        command: |_, _| Some(ReportCommand::Undo.into()),
    },
    Action {
        text: Key("command-filter"),
        keys: Some(Keys::Typed("/")),
        also: &[],
        in_palette: false,
        when: has_no_overlay,
        command: |chrome, _| match chrome.module {
            Module::Live => Some(LiveCommand::AskFilter.into()),
            module => module
                .row()
                .is_report
                .then(|| ReportCommand::AskFilter.into()),
        },
    },
    Action {
        text: Key("command-pause"),
        keys: Some(Keys::Free(egui::Key::Space)),
        also: &[],
        in_palette: true,
        when: shows_live,
        command: |_, _| Some(LiveCommand::TogglePause.into()),
    },
    Action {
        text: Key("command-toggle-theme"),
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::ToggleTheme),
    },
    Action {
        text: Key("command-system-theme"),
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::SetTheme(egui::ThemePreference::System)),
    },
    Action {
        text: Key("command-navigation"),
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::ToggleNavigation),
    },
    Action {
        text: Key("command-copy-key"),
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, session| {
            let project = session.project()?;
            Some(Command::Copy {
                text: project.public_key.to_string(),
                what: Key("copied-public-key"),
            })
        },
    },
    Action {
        text: Key("command-copy-link"),
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, session| session.project_id.map(|_| Command::CopyLink),
    },
    Action {
        text: Key("command-shortcuts"),
        keys: Some(Keys::Typed("?")),
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::Open(Overlay::Shortcuts)),
    },
    Action {
        text: Key("command-close"),
        keys: Some(Keys::Alone(egui::Key::Escape)),
        also: &[],
        in_palette: false,
        when: |place| place.has_overlay,
        command: |_, _| Some(Command::CloseOverlay),
    },
];

impl Keys {
    /// As text: `Ctrl K`, `⌘K`, `Space`.
    pub(super) fn text(self, os: OperatingSystem) -> String {
        match self {
            Self::Command(key) if os.is_mac() => format!("⌘{}", key_name(key)),
            Self::Command(key) => text!("command-keys-ctrl", key = key_name(key)),
            Self::CommandShift(key) if os.is_mac() => format!("⇧⌘{}", key_name(key)),
            Self::CommandShift(key) => text!("command-keys-ctrl-shift", key = key_name(key)),
            Self::Alone(key) | Self::Free(key) => key_name(key),
            Self::Typed(character) => character.to_owned(),
        }
    }

    /// Whether it was pressed in this frame; it is taken then. `is_typing` while a text field has the
    /// focus, `is_focused` while any control has it.
    pub(super) fn take(self, input: &mut InputState, is_typing: bool, is_focused: bool) -> bool {
        let mut shortcut = |modifiers, key| {
            let shortcut = KeyboardShortcut::new(modifiers, key);
            input.consume_shortcut(&shortcut)
        };
        match self {
            Self::Command(key) => shortcut(Modifiers::COMMAND, key),
            Self::CommandShift(key) => shortcut(Modifiers::COMMAND | Modifiers::SHIFT, key),
            Self::Alone(key) => input.consume_key(Modifiers::NONE, key),
            Self::Free(key) => !is_typing && !is_focused && input.consume_key(Modifiers::NONE, key),
            Self::Typed(character) => {
                let is_it = |event: &egui::Event| matches!(event, egui::Event::Text(text) if text == character);
                !is_typing && input.events.iter().any(is_it)
            }
        }
    }
}

fn key_name(key: egui::Key) -> String {
    match key {
        egui::Key::Enter => "⏎".to_owned(),
        egui::Key::Escape => text!("command-keys-escape"),
        egui::Key::Space => text!("command-keys-space"),
        key => key.name().to_owned(),
    }
}
