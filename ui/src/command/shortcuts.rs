//! Keyboard shortcuts.

use egui::{Event, InputState, Key, Modifiers, os::OperatingSystem};

use super::{
    Command,
    actions::{ACTIONS, Action, Keys, Place},
};
use crate::{
    chrome::Chrome,
    module::{Module, ROWS},
    session::Session,
    text,
};

/// The longest time between the two keys of a sequence such as `g i`, in seconds.
const SEQUENCE_S: f64 = 1.0;

/// An entry of the shortcut sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut {
    /// The keys as text.
    pub keys: String,
    /// The action.
    pub description: String,
}

/// Every shortcut, in the order of the sheet.
pub fn all(os: OperatingSystem) -> Vec<Shortcut> {
    let modules = ROWS.iter().map(|row| Shortcut {
        keys: go_keys(row.module),
        description: text!("command-go", module = row.label),
    });
    let actions = ACTIONS.iter().filter_map(|action| {
        Some(Shortcut {
            keys: action.keys?.text(os),
            description: action.text.text(),
        })
    });
    modules.chain(actions).collect()
}

/// The keys that open a module: `g i`.
pub fn go_keys(module: Module) -> String {
    format!("g {}", module.row().key.name().to_lowercase())
}

/// A key together with the system's command key: `⌘K`, `Ctrl K`.
pub fn with_command(os: OperatingSystem, key: Key) -> String {
    Keys::Command(key).text(os)
}

/// The state of a two-key sequence such as `g i`.
#[derive(Debug, Default)]
pub struct KeySequence {
    go_since_s: Option<f64>,
}

impl KeySequence {
    /// The commands of the keys that were pressed in this frame. While a text field has the focus,
    /// keys without a modifier belong to it.
    pub fn pressed(
        &mut self,
        ctx: &egui::Context,
        chrome: &Chrome,
        session: &Session,
    ) -> Vec<Command> {
        let is_typing = ctx.text_edit_focused();
        let go = if is_typing {
            self.go_since_s = None;
            None
        } else {
            ctx.input_mut(|input| self.go_target(input))
        };
        let is_pressed = |action: &&Action| {
            let mut keys = action.keys.iter().chain(action.also);
            ctx.input_mut(|input| {
                keys.any(|keys| keys.take(input, is_typing, chrome.keyboard_focus))
            })
        };
        let place = Place::of(chrome);
        let actions = ACTIONS.iter().filter(|action| (action.when)(place));
        let commands = actions.filter(is_pressed);
        let commands = commands.filter_map(|action| (action.command)(chrome, session));
        commands.chain(go.map(Command::Go)).collect()
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
                && let Some(row) = ROWS.iter().find(|row| row.key == key)
            {
                input.consume_key(Modifiers::NONE, key);
                return Some(row.module);
            }
        }
        None
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
