//! Keeps the page's address and what is shown the same, in both directions.

use super::Console;
use crate::{
    address::{Address, NotAnAddress, REPORT},
    host::HistoryEntry,
    text,
    widgets::ToastKind,
};

/// The key of the address that was shown last: the console begins there when its own says nothing,
/// as after signing in.
const ADDRESS_KEY: &str = "empmix.address";

/// The address that is shown, and the one that is being opened.
#[derive(Debug, Default)]
pub(super) struct Navigation {
    /// The page's address, as this console wrote or read it last.
    known: Option<String>,
    /// The address that waits for its project.
    pub(super) going_to: Option<Address>,
    /// Whether the user follows a link there; else it is where the last page was.
    by_link: bool,
}

impl Console {
    /// Opens the page's address when it changed: at first, and when the user goes back or forward.
    pub(super) fn follow_address(&mut self) {
        let now = self.host.address();
        if self.navigation.known.as_ref() == Some(&now) {
            return;
        }
        let is_first = self.navigation.known.is_none();
        let read = now.parse::<Address>();
        if read == Err(NotAnAddress::Module) {
            self.tell_failure(text!("address-module-unknown"));
        }
        let mut address = read.ok();
        let by_link = address.is_some();
        if is_first && address.is_none() {
            address = self
                .host
                .load(ADDRESS_KEY)
                .and_then(|saved| saved.parse().ok());
        } else if address.is_some() {
            // A user who has to sign in first comes back here.
            self.host.save(ADDRESS_KEY, &now);
        }
        self.navigation.by_link = by_link;
        self.navigation.known = Some(now);
        let Some(address) = address else { return };
        self.chrome.module = address.module;
        self.navigation.going_to = Some(address);
        self.open_address();
    }

    /// Opens the address that waits, if its project is there.
    pub(super) fn open_address(&mut self) {
        let Some(address) = &self.navigation.going_to else {
            return;
        };
        let Some(projects) = self.session.projects.latest() else {
            return;
        };
        let (id, module) = (address.project, address.module);
        if projects.projects.iter().all(|project| project.id != id) {
            self.navigation.going_to = None;
            if self.navigation.by_link {
                self.tell_failure(text!("address-project-missing"));
            }
            return;
        }
        if self.session.project_id != Some(id) {
            self.select_project(id);
        }
        let Some(address) = self.navigation.going_to.take() else {
            return;
        };
        if let Err(why) = self.pages.of_mut(module).open(&address.state) {
            self.tell_failure(why);
        }
    }

    /// The address of what is shown; `None` while the project is unknown.
    pub(super) fn address(&self) -> Option<Address> {
        let module = self.chrome.module;
        Some(Address {
            project: self.session.project_id?,
            module,
            state: self.pages.of(module).address(),
        })
    }

    /// Writes the address of what is shown.
    pub(super) fn write_address(&mut self) {
        if self.navigation.going_to.is_some() {
            return;
        }
        let Some(address) = self.address() else {
            return;
        };
        let text = address.to_string();
        if self.navigation.known.as_ref() == Some(&text) {
            return;
        }
        let before = self.navigation.known.as_ref();
        let before = before.and_then(|known| known.parse::<Address>().ok());
        if before
            .as_ref()
            .is_some_and(|before| waits(before, &address))
        {
            return;
        }
        let is_first = self.pages.of(address.module).follows_data();
        let entry = match before {
            Some(before) if leads_elsewhere(&before, &address, is_first) => HistoryEntry::New,
            _ => HistoryEntry::Replaced,
        };
        self.host.set_address(&text, entry);
        self.host.save(ADDRESS_KEY, &text);
        self.navigation.known = Some(text);
    }

    fn tell_failure(&mut self, text: String) {
        self.chrome
            .notice(ToastKind::Failed, text, self.session.time_s);
    }
}

/// Whether the page stays the same and its question is not complete yet: until it is, the address keeps
/// the one before.
fn waits(before: &Address, address: &Address) -> bool {
    is_same_page(before, address)
        && before.state.get(REPORT).is_some()
        && address.state.get(REPORT).is_none()
}

/// Whether *back* should lead from one address to the other. How an answer is displayed makes no
/// entry of the history; nor does a page that only now says its report, or the question of the first
/// screen, which changes by itself.
fn leads_elsewhere(before: &Address, address: &Address, is_first: bool) -> bool {
    if !is_same_page(before, address) {
        return true;
    }
    match (before.state.get(REPORT), address.state.get(REPORT)) {
        (Some(before), Some(now)) => before != now && !is_first,
        _ => false,
    }
}

fn is_same_page(one: &Address, other: &Address) -> bool {
    (one.project, one.module) == (other.project, other.module)
}
