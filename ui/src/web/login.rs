//! Getting in with a browser: the one-time code in the page's address becomes a bearer token,
//! kept for this tab.

use empmix_protocol::{
    endpoint,
    reply::{Code, Login},
};
use wasm_bindgen::JsValue;

use super::fetch;

/// Where this tab keeps its token.
const TOKEN_KEY: &str = "empmix.token";

/// The token of this tab: for the code in the address, else the one that is kept. A code that was
/// used before does not end a session that this tab has.
pub(super) async fn token() -> Option<String> {
    let fresh = match take_code() {
        Some(code) => exchange(code).await,
        None => None,
    };
    if let (Some(token), Some(storage)) = (&fresh, storage()) {
        // Without a storage the token lives as long as the page.
        let _ = storage.set_item(TOKEN_KEY, token);
    }
    fresh.or_else(|| storage()?.get_item(TOKEN_KEY).ok()?)
}

async fn exchange(code: String) -> Option<String> {
    let request = endpoint::LOGIN.request(&[], &Code { code });
    let answer = fetch::call(&request, None, None).await.ok()?;
    let login: Login = serde_json::from_slice(&answer).ok()?;
    Some(login.token)
}

/// Forgets the token: the sidecar does not accept it any more.
pub(super) fn forget() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(TOKEN_KEY);
    }
}

/// The code of `#t=…`, which is removed from the address and the history.
fn take_code() -> Option<String> {
    let window = web_sys::window()?;
    let location = window.location();
    let code = location.hash().ok()?.strip_prefix("#t=")?.to_owned();
    let clean = location.pathname().ok()? + &location.search().ok()?;
    // Worst case the used code stays visible in the address.
    let _ = window
        .history()
        .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&clean)));
    (!code.is_empty()).then_some(code)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok()?
}
