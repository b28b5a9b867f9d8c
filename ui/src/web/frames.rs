//! Tells the page's `frames.js` when the console's next frame is due, so that it need not look for
//! one with every refresh of the screen.

use std::time::Duration;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = window, js_name = empmixFrameIn, catch)]
    fn frame_in(milliseconds: f64) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = window, js_name = empmixFrameDrawn, catch)]
    fn frame_drawn(milliseconds: f64) -> Result<(), JsValue>;
}

/// There is news: a frame is due now.
pub(super) fn wake() {
    // A page without `frames.js` runs every frame.
    let _ = frame_in(0.0);
}

/// Announces after each frame when the next one is due.
pub(super) struct FramePlugin;

impl egui::Plugin for FramePlugin {
    fn debug_name(&self) -> &'static str {
        "next frame"
    }

    fn output_hook(&mut self, _ctx: &egui::Context, output: &mut egui::FullOutput) {
        let delays = output.viewport_output.values().map(|one| one.repaint_delay);
        let next: Duration = delays.min().unwrap_or_default();
        // A page without `frames.js` runs every frame.
        let _ = frame_drawn(next.as_secs_f64() * 1000.0);
    }
}
