//! The interface to the machine: clock, time zone, small settings that are kept after the window
//! closes.

use empmix_model::EpochMs;

use crate::backend::Inbox;

/// The machine that the console runs on.
pub trait Host {
    /// The time.
    fn now_ms(&self) -> EpochMs;
    /// IANA name of the machine's time zone.
    fn timezone(&self) -> String;
    /// A setting that was saved before.
    fn load(&self, key: &str) -> Option<String>;
    /// Saves a setting. Where that is not possible, it is lost when the window closes.
    fn save(&self, key: &str, value: &str);
    /// The origin of this page, if a sidecar serves it.
    fn origin(&self) -> Option<String>;
    /// The address of the page, without its origin; empty where there is none. It changes when the
    /// user goes back or forward, or follows a link.
    fn address(&self) -> String;
    /// Sets the address of the page, as a new entry of the history or in place of the last one.
    fn set_address(&self, address: &str, entry: HistoryEntry);
    /// Puts a text on the clipboard; whether that was possible arrives in the inbox.
    fn copy(&self, ctx: &egui::Context, text: String) -> Inbox<bool>;
}

/// How a new address enters the page's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryEntry {
    /// It stays, and *back* leads to it.
    New,
    /// It is replaced.
    Replaced,
}
