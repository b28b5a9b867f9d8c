//! The backend of the desktop: commands of the shell, which forwards them to its sidecar.
//!
//! The shell gives no global API to scripts; this binds the two internal functions that Tauri's
//! own package binds. Live items come through a channel, whose messages carry an index since they
//! may arrive out of order.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use empmix_model::ids::ProjectId;
use empmix_protocol::{
    ApiError, Call, ErrorCode,
    shell::{CallFailure, LiveMessage, ShellState},
};
use serde_json::{Value, json};
use wasm_bindgen::{JsValue, prelude::*};
use wasm_bindgen_futures::spawn_local;

use super::{begin, fetch, hidden::until_hidden};
use crate::{
    backend::{Backend, BackendKind, Inbox, LIVE_QUEUE, LiveStream, Outbox, Reply, mailbox},
    text,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["window", "__TAURI_INTERNALS__"], catch)]
    async fn invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn transform_callback(callback: &JsValue, once: bool) -> f64;
}

/// Whether this page is the desktop's window.
pub(super) fn is_desktop() -> bool {
    let name = JsValue::from_str("__TAURI_INTERNALS__");
    web_sys::window().is_some_and(|window| js_sys::Reflect::has(&window, &name).unwrap_or(false))
}

/// The desktop's shell.
pub(super) struct Desktop {
    wake: Rc<dyn Fn()>,
}

impl Desktop {
    /// The shell that this window belongs to.
    pub(super) fn new(wake: Rc<dyn Fn()>) -> Self {
        Self { wake }
    }

    fn mailbox<T: 'static>(&self, capacity: usize) -> (Outbox<T>, Inbox<T>) {
        let wake = Rc::clone(&self.wake);
        mailbox(capacity, move || wake())
    }
}

impl Backend for Desktop {
    fn kind(&self) -> BackendKind {
        BackendKind::Desktop
    }

    fn call(&self, call: Call) -> Reply {
        let (outbox, inbox) = self.mailbox(1);
        begin(async move {
            outbox.send(forward(&call).await);
        });
        inbox
    }

    fn live(&self, project: ProjectId) -> LiveStream {
        let (outbox, inbox) = self.mailbox(LIVE_QUEUE);
        until_hidden(&outbox);
        spawn_local(async move {
            let channel = Channel::open(outbox.clone());
            let arguments = json!({"project": project, "channel": channel.name()});
            match ask_shell("live_start", &arguments).await {
                Ok(id) => outbox.on_close(move || {
                    drop(channel);
                    spawn_local(async move {
                        // A stream that has ended already is as good as stopped.
                        let _ = ask_shell("live_stop", &json!({"id": id})).await;
                    });
                }),
                Err(error) => outbox.send(LiveMessage::Closed(error)),
            }
        });
        inbox
    }

    fn shell_state(&self) -> Option<Inbox<Result<ShellState, ApiError>>> {
        let (outbox, inbox) = self.mailbox(1);
        spawn_local(async move {
            let state = ask_shell("shell_state", &json!({})).await;
            outbox.send(state.and_then(|state| serde_json::from_value(state).map_err(unreadable)));
        });
        Some(inbox)
    }
}

/// A Tauri channel: a callback of the page under a number that the shell sends to.
struct Channel {
    id: f64,
    _callback: Closure<dyn FnMut(JsValue)>,
}

impl Channel {
    fn open(outbox: Outbox<LiveMessage>) -> Self {
        let (next, early) = (Cell::new(0), RefCell::new(BTreeMap::new()));
        let callback = Closure::new(move |message: JsValue| {
            let Ok(message) = to_json(&message) else {
                return;
            };
            let index = message["index"].as_u64().unwrap_or(0);
            early.borrow_mut().insert(index, message["message"].clone());
            while let Some(message) = early.borrow_mut().remove(&next.get()) {
                next.set(next.get() + 1);
                if let Ok(message) = serde_json::from_value(message) {
                    outbox.send(message);
                }
            }
        });
        Self {
            id: transform_callback(callback.as_ref(), false),
            _callback: callback,
        }
    }

    fn name(&self) -> String {
        format!("__CHANNEL__:{}", self.id)
    }
}

impl Drop for Channel {
    /// The shell may still send to a closed channel: Tauri then finds no callback, and reports it in
    /// the log instead of calling a freed one.
    fn drop(&mut self) {
        let internals =
            js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("__TAURI_INTERNALS__"));
        let unregister = internals.and_then(|internals| {
            js_sys::Reflect::get(&internals, &JsValue::from_str("unregisterCallback"))
        });
        if let Ok(unregister) = unregister
            && let Some(unregister) = unregister.dyn_ref::<js_sys::Function>()
        {
            let _ = unregister.call1(&JsValue::NULL, &JsValue::from_f64(self.id));
        }
    }
}

/// Has the shell forward a call to its sidecar. The answer comes as the sidecar's bytes.
async fn forward(call: &Call) -> Result<Vec<u8>, ApiError> {
    let arguments = to_js(&json!({"request": call.request()}));
    match invoke("call", arguments).await {
        Ok(answer) => Ok(js_sys::Uint8Array::new(&answer).to_vec()),
        Err(error) => Err(match to_json(&error).map(serde_json::from_value) {
            Ok(Ok(CallFailure::Refused { status, body })) => {
                fetch::refusal(status, body.as_bytes())
            }
            Ok(Ok(CallFailure::NotSent(error))) => error,
            _ => read_error(&error),
        }),
    }
}

async fn ask_shell(command: &str, arguments: &Value) -> Result<Value, ApiError> {
    match invoke(command, to_js(arguments)).await {
        Ok(answer) => to_json(&answer).map_err(unreadable),
        Err(error) => Err(read_error(&error)),
    }
}

fn to_js(value: &Value) -> JsValue {
    js_sys::JSON::parse(&value.to_string()).unwrap_or(JsValue::NULL)
}

fn to_json(value: &JsValue) -> serde_json::Result<Value> {
    let text = js_sys::JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    text.map_or(Ok(Value::Null), |text| serde_json::from_str(&text))
}

fn read_error(error: &JsValue) -> ApiError {
    to_json(error)
        .ok()
        .and_then(|error| serde_json::from_value(error).ok())
        .unwrap_or_else(|| {
            let message = error.as_string().unwrap_or_else(|| format!("{error:?}"));
            ApiError::new(ErrorCode::Internal, message)
        })
}

fn unreadable(error: serde_json::Error) -> ApiError {
    let message = text!("backend-shell-unreadable", error = error.to_string());
    ApiError::new(ErrorCode::Internal, message)
}
