//! The actions that have a shortcut or an entry in the palette: a row each.

use egui::{InputState, Key, KeyboardShortcut, Modifiers, os::OperatingSystem};

use super::{Command, Overlay};
use crate::{
    chrome::Chrome, live::LiveCommand, module::Module, report::ReportCommand, session::Session,
};

/// A key, with what is held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// With the system's command key: `Ctrl K`, `⌘K`. Also while a text is typed.
    Command(Key),
    /// With that and Shift.
    CommandShift(Key),
    /// A key alone. Also while a text is typed.
    Alone(Key),
    /// A key alone that has another meaning for a text field or a control with the focus.
    Free(Key),
    /// A character, however the keyboard makes it; not while a text is typed.
    Typed(&'static str),
}

/// An action.
pub(super) struct Action {
    /// What it does, in the palette and on the sheet.
    pub(super) text: &'static str,
    /// Its key, as the sheet and the palette show it.
    pub(super) keys: Option<Keys>,
    /// Other keys that do the same.
    pub(super) also: &'static [Keys],
    /// Whether the palette has it.
    pub(super) in_palette: bool,
    /// Whether it makes sense now.
    pub(super) when: fn(&Chrome) -> bool,
    /// The command; `None` where there is nothing to do it with.
    pub(super) command: fn(&Chrome, &Session) -> Option<Command>,
}

fn always(_: &Chrome) -> bool {
    true
}

fn has_no_overlay(chrome: &Chrome) -> bool {
    chrome.overlay.is_none()
}

fn shows_report(chrome: &Chrome) -> bool {
    chrome.module.row().is_report
}

fn shows_live(chrome: &Chrome) -> bool {
    chrome.module == Module::Live && has_no_overlay(chrome)
}

/// All actions, in the order of the sheet and of the palette.
pub(super) const ACTIONS: &[Action] = &[
    Action {
        text: "Search or run a command",
        keys: Some(Keys::Command(Key::K)),
        also: &[],
        in_palette: false,
        when: always,
        command: |_, _| Some(Command::Open(Overlay::Palette)),
    },
    Action {
        text: "Refresh the answer",
        keys: Some(Keys::Command(Key::Enter)),
        also: &[Keys::Command(Key::R), Keys::Alone(Key::F5)],
        in_palette: true,
        when: shows_report,
        command: |_, _| Some(ReportCommand::Refresh.into()),
    },
    Action {
        text: "Redo the change",
        keys: Some(Keys::CommandShift(Key::Z)),
        also: &[Keys::Command(Key::Y)],
        in_palette: true,
        when: shows_report,
        command: |_, _| Some(ReportCommand::Redo.into()),
    },
    Action {
        text: "Undo the last change",
        keys: Some(Keys::Command(Key::Z)),
        also: &[],
        in_palette: true,
        when: shows_report,
        command: |_, _| Some(ReportCommand::Undo.into()),
    },
    Action {
        text: "Filter",
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
        text: "Pause or resume Live",
        keys: Some(Keys::Free(Key::Space)),
        also: &[],
        in_palette: true,
        when: shows_live,
        command: |_, _| Some(LiveCommand::TogglePause.into()),
    },
    Action {
        text: "Switch between dark and light",
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::ToggleTheme),
    },
    Action {
        text: "Use the system's theme",
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::SetTheme(egui::ThemePreference::System)),
    },
    Action {
        text: "Fold or unfold the navigation",
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::ToggleNavigation),
    },
    Action {
        text: "Copy the public key",
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, session| {
            let project = session.project()?;
            Some(Command::Copy {
                text: project.public_key.to_string(),
                what: "the public key",
            })
        },
    },
    Action {
        text: "Copy a link to this page",
        keys: None,
        also: &[],
        in_palette: true,
        when: always,
        command: |_, session| session.project_id.map(|_| Command::CopyLink),
    },
    Action {
        text: "All shortcuts",
        keys: Some(Keys::Typed("?")),
        also: &[],
        in_palette: true,
        when: always,
        command: |_, _| Some(Command::Open(Overlay::Shortcuts)),
    },
    Action {
        text: "Close the open panel",
        keys: Some(Keys::Alone(Key::Escape)),
        also: &[],
        in_palette: false,
        when: |chrome| chrome.overlay.is_some(),
        command: |_, _| Some(Command::CloseOverlay),
    },
];

impl Keys {
    /// As text: `Ctrl K`, `⌘K`, `Space`.
    pub(super) fn text(self, os: OperatingSystem) -> String {
        let name = |key: Key| match key {
            Key::Enter => "⏎".to_owned(),
            Key::Escape => "Esc".to_owned(),
            key => key.name().to_owned(),
        };
        match self {
            Self::Command(key) if os.is_mac() => format!("⌘{}", name(key)),
            Self::Command(key) => format!("Ctrl {}", name(key)),
            Self::CommandShift(key) if os.is_mac() => format!("⇧⌘{}", name(key)),
            Self::CommandShift(key) => format!("Ctrl Shift {}", name(key)),
            Self::Alone(key) | Self::Free(key) => name(key),
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
