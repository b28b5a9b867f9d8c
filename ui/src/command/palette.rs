//! The entries of the palette.

use super::{Command, Module, Overlay};
use crate::{insights::InsightsCommand, live::LiveCommand, session::Session};

/// An entry of the palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The text that is shown.
    pub label: String,
    /// The shortcut of the same command, if there is one.
    pub keys: &'static str,
    /// The command that it sends.
    pub command: Command,
}

/// The entries that match the typed text, best first: labels that begin with it, labels with a word
/// that begins with it, labels that contain it.
pub fn matching(session: &Session, typed: &str) -> Vec<Entry> {
    let typed = typed.trim().to_lowercase();
    let mut found: Vec<(u8, Entry)> = all(session)
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

fn all(session: &Session) -> Vec<Entry> {
    let entry = |label: &str, keys, command| Entry {
        label: label.to_owned(),
        keys,
        command,
    };
    let mut entries = vec![
        entry("Go to Insights", "g i", Command::Go(Module::Insights)),
        entry("Go to Live", "g l", Command::Go(Module::Live)),
        entry("Go to Settings", "g s", Command::Go(Module::Settings)),
        entry("Refresh the answer", "", InsightsCommand::Refresh.into()),
        entry("Pause or resume Live", "", LiveCommand::TogglePause.into()),
        entry("Switch between dark and light", "", Command::ToggleTheme),
        entry(
            "Use the system's theme",
            "",
            Command::SetTheme(egui::ThemePreference::System),
        ),
        entry(
            "Fold or unfold the navigation",
            "",
            Command::ToggleNavigation,
        ),
        entry("Show all shortcuts", "?", Command::Open(Overlay::Shortcuts)),
    ];
    if let Some(project) = session.project() {
        entries.push(entry(
            "Copy the public key",
            "",
            Command::Copy {
                text: project.public_key.to_string(),
                what: "the public key",
            },
        ));
    }
    for project in session
        .projects
        .latest()
        .iter()
        .flat_map(|all| &all.projects)
    {
        if Some(project.id) != session.project_id {
            let label = format!("Open project {}", project.name);
            entries.push(entry(&label, "", Command::SelectProject(project.id)));
        }
    }
    entries
}
