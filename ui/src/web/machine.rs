//! The browser as a [`Host`].

use empmix_model::EpochMs;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{frames, tauri};
use crate::{
    backend::{Inbox, mailbox},
    host::{HistoryEntry, Host},
};

/// The browser or web view that the console runs in.
pub(super) struct Machine;

impl Host for Machine {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "milliseconds of a date fit"
    )]
    fn now_ms(&self) -> EpochMs {
        js_sys::Date::now() as EpochMs
    }

    fn timezone(&self) -> String {
        let format =
            js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
        js_sys::Reflect::get(&format.resolved_options(), &JsValue::from_str("timeZone"))
            .ok()
            .and_then(|zone| zone.as_string())
            .unwrap_or_else(|| "UTC".to_owned())
    }

    fn load(&self, key: &str) -> Option<String> {
        storage()?.get_item(key).ok()?
    }

    fn save(&self, key: &str, value: &str) {
        if let Some(storage) = storage() {
            // A full or forbidden storage forgets the setting with the window.
            let _ = storage.set_item(key, value);
        }
    }

    fn origin(&self) -> Option<String> {
        if tauri::is_desktop() {
            return None;
        }
        web_sys::window()?.location().origin().ok()
    }

    fn address(&self) -> String {
        let hash = web_sys::window().and_then(|window| window.location().hash().ok());
        let hash = hash.unwrap_or_default();
        hash.strip_prefix('#').unwrap_or_default().to_owned()
    }

    fn set_address(&self, address: &str, entry: HistoryEntry) {
        let history = web_sys::window().and_then(|window| window.history().ok());
        let Some(history) = history else { return };
        let url = format!("#{address}");
        // A page that may not change its address keeps the old one: reloading then loses the state.
        let _ = match entry {
            HistoryEntry::New => history.push_state_with_url(&JsValue::NULL, "", Some(&url)),
            HistoryEntry::Replaced => {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
            }
        };
    }

    fn copy(&self, ctx: &egui::Context, text: String) -> Inbox<bool> {
        let ctx = ctx.clone();
        let (outbox, inbox) = mailbox(1, move || {
            ctx.request_repaint();
            frames::wake();
        });
        spawn_local(async move { outbox.send(copy(&text).await) });
        inbox
    }
}

/// By the clipboard's own interface, which browsers offer to secure pages only; else by a
/// selection, which they let any page copy that was just clicked.
async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    if window.is_secure_context() {
        let written = window.navigator().clipboard().write_text(text);
        if JsFuture::from(written).await.is_ok() {
            return true;
        }
    }
    copy_selected(&window, text).unwrap_or(false)
}

fn copy_selected(window: &web_sys::Window, text: &str) -> Result<bool, JsValue> {
    let document: web_sys::HtmlDocument = window.document().ok_or("no page")?.dyn_into()?;
    let body = document.body().ok_or("no body")?;
    let before = document.active_element();
    let area: web_sys::HtmlTextAreaElement = document.create_element("textarea")?.dyn_into()?;
    area.set_value(text);
    body.append_child(&area)?;
    area.select();
    let copied = document.exec_command("copy");
    area.remove();
    if let Some(before) = before.and_then(|one| one.dyn_into::<web_sys::HtmlElement>().ok()) {
        before.focus()?;
    }
    copied
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The languages that the user reads, best first.
pub(super) fn languages() -> Vec<String> {
    let languages = web_sys::window().map(|window| window.navigator().languages());
    let languages = languages.into_iter().flat_map(|list| list.to_vec());
    languages.filter_map(|tag| tag.as_string()).collect()
}
