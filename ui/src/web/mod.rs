//! The host for web view and browser: starts the console on a canvas, chooses the backend, lays
//! the accessibility mirror over the canvas.

mod dom;
mod dom_events;
mod fetch;
mod frames;
mod hidden;
mod http;
mod login;
mod machine;
mod tauri;

use std::{cell::RefCell, rc::Rc, task};

use eframe::{WebOptions, WebRunner};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlCanvasElement;

use crate::{
    Console,
    backend::Backend,
    mirror::{Mirror, MirrorPlugin},
};

/// Runs a task that begins now, and not after the frame: a request is under way while the frame is drawn.
fn begin(task: impl Future<Output = ()> + 'static) {
    let mut task = Box::pin(task);
    let mut first = task::Context::from_waker(task::Waker::noop());
    if task.as_mut().poll(&mut first).is_pending() {
        spawn_local(task);
    }
}

/// The console in a page.
#[wasm_bindgen]
pub struct Page {
    runner: WebRunner,
    mirror: Mirror,
}

#[wasm_bindgen]
impl Page {
    /// A console that has not started.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "made by the page's script only")]
    pub fn new() -> Self {
        Self {
            runner: WebRunner::new(),
            mirror: Mirror::default(),
        }
    }

    /// Signs in if the page's address carries a code, then starts on the canvas.
    ///
    /// # Errors
    /// The canvas cannot be drawn on.
    pub async fn start(&self, canvas: HtmlCanvasElement) -> Result<(), JsValue> {
        let wanted = machine::languages();
        crate::texts::choose(wanted.iter().map(String::as_str));
        let token = if tauri::is_desktop() {
            None
        } else {
            login::token().await
        };
        let mirror = self.mirror.clone();
        let plugin = MirrorPlugin::new(mirror.clone());
        let context = Rc::new(RefCell::new(None));
        let made = Rc::clone(&context);
        let create = move |creation: &eframe::CreationContext<'_>| {
            let ctx = &creation.egui_ctx;
            ctx.add_plugin(plugin);
            ctx.add_plugin(frames::FramePlugin);
            made.replace(Some(ctx.clone()));
            if tauri::is_desktop() {
                // A browser has a zoom of its own.
                ctx.options_mut(|options| options.zoom_with_keyboard = true);
            }
            let console = Console::new(ctx, backend(ctx, token), Box::new(machine::Machine));
            if wants_less_motion() {
                ctx.all_styles_mut(|style| style.animation_time = 0.0);
            }
            Ok(Box::new(App { console }) as Box<dyn eframe::App>)
        };
        self.runner
            .start(canvas.clone(), WebOptions::default(), Box::new(create))
            .await?;
        let context = context.take();
        match context {
            Some(ctx) => dom::DomMirror::attach(&canvas, ctx, mirror),
            None => Ok(()),
        }
    }

    /// Presses the key of a letter, as a keyboard does that makes no Latin letters. Fields do not take
    /// it for text.
    pub fn press(&self, letter: &str) {
        if let Some(key) = egui::Key::from_name(&letter.to_uppercase()) {
            self.mirror.press(key);
        }
    }

    /// What the console died of, if it did.
    pub fn panic_message(&self) -> Option<String> {
        Some(self.runner.panic_summary()?.message())
    }
}

fn wants_less_motion() -> bool {
    let query = "(prefers-reduced-motion: reduce)";
    let list = web_sys::window().and_then(|window| window.match_media(query).ok()?);
    list.is_some_and(|list| list.matches())
}

fn backend(ctx: &egui::Context, token: Option<String>) -> Rc<dyn Backend> {
    #[cfg(feature = "fake-backend")]
    if let Some(fake) = fake_backend() {
        return Rc::new(fake);
    }
    let ctx = ctx.clone();
    let wake: Rc<dyn Fn()> = Rc::new(move || {
        ctx.request_repaint();
        frames::wake();
    });
    if tauri::is_desktop() {
        Rc::new(tauri::Desktop::new(wake))
    } else {
        Rc::new(http::Http::new(token, wake))
    }
}

/// `?fake` starts on canned data, `?fake=empty` on none.
#[cfg(feature = "fake-backend")]
fn fake_backend() -> Option<crate::backend::fake::Fake> {
    use crate::backend::fake::Fake;
    let search = web_sys::window()?.location().search().ok()?;
    match search.as_str() {
        "?fake" => Some(Fake::loaded()),
        "?fake=empty" => Some(Fake::empty()),
        _ => None,
    }
}

struct App {
    console: Console,
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.console.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.console.ui(ui);
    }
}
