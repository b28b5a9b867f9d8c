//! The browser as a [`Host`].

use empmix_model::EpochMs;
use wasm_bindgen::JsValue;

use super::tauri;
use crate::host::Host;

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
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}
