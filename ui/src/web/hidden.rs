//! A tab that is hidden lets go of its live stream: a browser has six connections for all tabs of a host.

use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::AddEventListenerOptions;

use crate::backend::Outbox;

/// Cuts a stream when the page is hidden. The console opens another one when it is shown again.
pub(super) fn until_hidden<T: 'static>(outbox: &Outbox<T>) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    let outbox = outbox.clone();
    let cut = Closure::once_into_js(move || outbox.cut());
    let options = AddEventListenerOptions::new();
    // A stream is opened by a page that is shown: the next change hides it.
    options.set_once(true);
    // Where the page forbids listeners, the stream goes on.
    let _ = document.add_event_listener_with_callback_and_add_event_listener_options(
        "visibilitychange",
        cut.unchecked_ref(),
        &options,
    );
}
