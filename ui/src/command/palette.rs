//! The entries of the palette.

use egui::os::OperatingSystem;

use super::{
    Command,
    actions::{ACTIONS, Action, Place},
    shortcuts::go_keys,
};
use crate::{chrome::Chrome, module::ROWS, session::Session, text};

/// An entry of the palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The text that is shown.
    pub label: String,
    /// The shortcut of the same command, if there is one.
    pub keys: String,
    /// The command that it sends.
    pub command: Command,
}

/// The entries that match the typed text, best first: labels that begin with it, labels with a word
/// that begins with it, labels that contain it.
pub fn matching(
    chrome: &Chrome,
    session: &Session,
    os: OperatingSystem,
    typed: &str,
) -> Vec<Entry> {
    let typed = typed.trim().to_lowercase();
    let mut found: Vec<(u8, Entry)> = all(chrome, session, os)
        .into_iter()
        .filter_map(|entry| rank(&entry.label.to_lowercase(), &typed).map(|rank| (rank, entry)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn rank(label: &str, typed: &str) -> Option<u8> {
    if label.starts_with(typed) {
        Some(0)
    } else if label.split(' ').any(|word| word.starts_with(typed)) {
        Some(1)
    } else {
        label.contains(typed).then_some(2)
    }
}

fn all(chrome: &Chrome, session: &Session, os: OperatingSystem) -> Vec<Entry> {
    let modules = ROWS.iter().map(|row| Entry {
        label: text!("command-go", module = row.label),
        keys: go_keys(row.module),
        command: Command::Go(row.module),
    });
    // A command is sent when the palette is closed.
    let place = Place {
        has_overlay: false,
        ..Place::of(chrome)
    };
    let is_offered = |action: &&Action| action.in_palette && (action.when)(place);
    let actions = ACTIONS.iter().filter(is_offered);
    let actions = actions.filter_map(|action| {
        Some(Entry {
            label: action.text.text(),
            keys: action.keys.map_or_else(String::new, |keys| keys.text(os)),
            command: (action.command)(chrome, session)?,
        })
    });
    let projects = session.projects.latest();
    let projects = projects.iter().flat_map(|all| &all.projects);
    let others = projects.filter(|project| Some(project.id) != session.project_id);
    let others = others.map(|project| Entry {
        label: text!("command-open-project", project = &project.name),
        keys: String::new(),
        command: Command::SelectProject(project.id),
    });
    modules.chain(actions).chain(others).collect()
}
