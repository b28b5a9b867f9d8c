// Loads the console, and shows a failure when it cannot run or stops.
import { watchFrames } from "./frames.js";
import { fail, recover, refuse, report } from "./failure.js";
import { watchKeys } from "./keys.js";

const STOPPED = ["The console stopped", "No data is lost. Reload to go on."];
const notice = document.getElementById("notice");

/**
 * Makes the canvas' one drawing surface, which egui finds when it asks for its own. egui smooths edges
 * itself: with the browser's antialiasing every pixel would be drawn several times for nothing.
 */
function hasWebGl(canvas) {
  const surface = { antialias: false, depth: false, stencil: false };
  return Boolean(canvas.getContext("webgl2", surface) || canvas.getContext("webgl", surface));
}

/** Loads and compiles the console, while the drawing surface is made; its class of pages. */
async function loadConsole() {
  const { default: load, Page } = await import("./empmix_ui.js");
  await load({ module_or_path: new URL("./empmix_ui_bg.wasm", import.meta.url) });
  performance.mark("console loaded");
  return Page;
}

async function main() {
  if (typeof WebAssembly !== "object") {
    refuse("This browser cannot run the console", "It needs WebAssembly. Any current browser has it.");
    return;
  }
  const loading = loadConsole();
  const canvas = document.getElementById("console");
  if (!hasWebGl(canvas)) {
    refuse("The console cannot draw", "WebGL is switched off or not available. Allow hardware acceleration in the browser's settings, then load the page again.");
    return;
  }
  const page = new (await loading)();
  // A graphics driver that starts again takes all textures along.
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    fail("The drawing surface was lost", "The graphics driver has started again. Reload: the page's address keeps what you see.");
  });
  await page.start(canvas);
  performance.mark("console started");
  watchKeys((letter) => page.press(letter));
  notice.hidden = true;
  window.empmixFrameIn(0);
  watch(page);
}

/** Watches a console that has started: panics, errors that nothing caught, frames that do not come. */
function watch(page) {
  let stopped = false;
  const stop = (details) => {
    if (!stopped) fail(...STOPPED, details);
    stopped = true;
  };
  const panic = () => page.panic_message();
  setInterval(() => {
    const message = panic();
    if (message !== undefined) stop(message);
  }, 1000);
  // A panic also arrives here, as the trap that it ends in; its own message says more.
  addEventListener("error", (event) => stop(panic() ?? text(event.error ?? event.message)));
  watchFrames(
    () => stopped || fail("The console does not draw", "No data is lost. It goes on by itself, or reload it.", "no frame for 2 s"),
    () => stopped || recover(),
  );
}

function text(error) {
  return error?.stack ? `${error}\n${error.stack}` : String(error);
}

addEventListener("unhandledrejection", (event) => report(`unhandled: ${text(event.reason)}`));

// A new sign-in link that is opened in this tab changes only the fragment.
addEventListener("hashchange", () => location.hash.startsWith("#t=") && location.reload());

main().catch((error) => fail("The console could not be loaded", "Reload to try again. If that does not help, restart the sidecar.", text(error)));
