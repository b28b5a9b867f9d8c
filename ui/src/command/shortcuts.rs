//! Keyboard shortcuts.

use egui::{Event, InputState, Key, KeyboardShortcut, Modifiers};

use super::{Command, Module, Overlay};
use crate::{chrome::Chrome, insights::InsightsCommand, live::LiveCommand};

/// The longest time between the two keys of a sequence such as `g i`, in seconds.
const SEQUENCE_S: f64 = 1.0;

/// An entry of the shortcut sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut {
    /// The keys as text.
    pub keys: String,
    /// The action.
    pub description: &'static str,
}

/// Every shortcut, in the order of the sheet.
pub fn all(os: egui::os::OperatingSystem) -> Vec<Shortcut> {
    let line = |keys: &str, description| Shortcut {
        keys: keys.to_owned(),
        description,
    };
    vec![
        line(&with_command(os, "K"), "Search or run a command"),
        line("g i", "Go to Insights"),
        line("g l", "Go to Live"),
        line("g s", "Go to Settings"),
        line(&with_command(os, "⏎"), "Refresh the answer"),
        line(&with_command(os, "Z"), "Undo the last change"),
        line(&with_command_and_shift(os, "Z"), "Redo the change"),
        line("/", "Filter"),
        line("Space", "Pause or resume Live"),
        line("?", "All shortcuts"),
        line("Esc", "Close the open panel"),
    ]
}

/// A key together with the system's command key: `⌘K`, `Ctrl K`.
pub fn with_command(os: egui::os::OperatingSystem, key: &str) -> String {
    if os.is_mac() {
        format!("⌘{key}")
    } else {
        format!("Ctrl {key}")
    }
}

fn with_command_and_shift(os: egui::os::OperatingSystem, key: &str) -> String {
    if os.is_mac() {
        format!("⇧⌘{key}")
    } else {
        format!("Ctrl Shift {key}")
    }
}

/// The state of a two-key sequence such as `g i`.
#[derive(Debug, Default)]
pub struct KeySequence {
    go_since_s: Option<f64>,
}

impl KeySequence {
    /// The commands of the keys that were pressed in this frame. While a text field has the focus,
    /// keys without a modifier belong to it.
    pub fn pressed(&mut self, ctx: &egui::Context, chrome: &Chrome) -> Vec<Command> {
        let mut commands = Vec::new();
        let command_key = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
        ctx.input_mut(|input| {
            if input.consume_shortcut(&command_key(Key::K)) {
                commands.push(Command::Open(Overlay::Palette));
            }
            let again = input.consume_shortcut(&command_key(Key::Enter))
                || input.consume_shortcut(&command_key(Key::R))
                || input.consume_key(Modifiers::NONE, Key::F5);
            if again {
                commands.push(InsightsCommand::Refresh.into());
            }
            if chrome.overlay.is_some() && input.consume_key(Modifiers::NONE, Key::Escape) {
                commands.push(Command::CloseOverlay);
            }
        });
        if ctx.text_edit_focused() {
            self.go_since_s = None;
        } else {
            commands.extend(self.plain_keys(ctx, chrome));
        }
        commands
    }

    /// The module of `g` and the key after it; both may arrive in one frame.
    fn go_target(&mut self, input: &mut InputState) -> Option<Module> {
        let now_s = input.time;
        let pressed: Vec<Key> = input.events.iter().filter_map(plain_key).collect();
        for key in pressed {
            let since = self.go_since_s.take();
            if key == Key::G {
                self.go_since_s = Some(now_s);
                input.consume_key(Modifiers::NONE, key);
            } else if since.is_some_and(|since| now_s - since < SEQUENCE_S)
                && let Some(module) = Module::ALL.into_iter().find(|one| one.go_key() == key)
            {
                input.consume_key(Modifiers::NONE, key);
                return Some(module);
            }
        }
        None
    }

    fn plain_keys(&mut self, ctx: &egui::Context, chrome: &Chrome) -> Option<Command> {
        ctx.input_mut(|input| {
            if let Some(module) = self.go_target(input) {
                return Some(Command::Go(module));
            }
            let typed = |wanted: &str| {
                let mut events = input.events.iter();
                events.any(|event| matches!(event, Event::Text(text) if text == wanted))
            };
            if typed("?") {
                return Some(Command::Open(Overlay::Shortcuts));
            }
            if typed("/") && chrome.overlay.is_none() {
                return filter(chrome.module);
            }
            let idle = chrome.module == Module::Live && chrome.overlay.is_none();
            (idle && !chrome.keyboard_focus && input.consume_key(Modifiers::NONE, Key::Space))
                .then(|| LiveCommand::TogglePause.into())
        })
    }
}

/// A key that was pressed without modifiers.
fn plain_key(event: &Event) -> Option<Key> {
    match event {
        Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } if modifiers.is_none() => Some(*key),
        _ => None,
    }
}

/// The command of `/` in a module.
fn filter(module: Module) -> Option<Command> {
    match module {
        Module::Insights => Some(InsightsCommand::AskFilter.into()),
        Module::Live => Some(LiveCommand::AskFilter.into()),
        Module::Settings => None,
    }
}
