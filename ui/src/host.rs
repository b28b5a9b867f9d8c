//! The seam to the machine: clock, time zone, small settings that outlive the window.

use empmix_model::EpochMs;

use crate::backend::Inbox;

/// Facts of the machine that the console runs on.
pub trait Host {
    /// The time.
    fn now_ms(&self) -> EpochMs;
    /// IANA name of the machine's time zone.
    fn timezone(&self) -> String;
    /// A setting that was saved before.
    fn load(&self, key: &str) -> Option<String>;
    /// Saves a setting; where that is not possible it is forgotten with the window.
    fn save(&self, key: &str, value: &str);
    /// The URL that this page came from, where that is a sidecar's.
    fn origin(&self) -> Option<String>;
    /// Puts a text on the clipboard; whether that was possible arrives in the inbox.
    fn copy(&self, ctx: &egui::Context, text: String) -> Inbox<bool>;
}
