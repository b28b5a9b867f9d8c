// Loads the console, and shows a failure when it cannot run or stops.
import { watchFrames } from "./frames.js";
import { fail, recover, refuse, report } from "./failure.js";

const STOPPED = ["The console stopped", "No data is lost. Reload to go on."];
const notice = document.getElementById("notice");

function hasWebGl() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

async function main() {
  if (typeof WebAssembly !== "object") {
    refuse("This browser cannot run the console", "It needs WebAssembly. Any current browser has it.");
    return;
  }
  if (!hasWebGl()) {
    refuse("The console cannot draw", "WebGL is switched off or not available. Allow hardware acceleration in the browser's settings, then load the page again.");
    return;
  }
  const { default: load, Page } = await import("./empmix_ui.js");
  await load({ module_or_path: new URL("./empmix_ui_bg.wasm", import.meta.url) });
  const page = new Page();
  await page.start(document.getElementById("console"));
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

// Keys that the console takes, and that a browser or the web view would take for itself.
addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const command = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const reload = key === "f5" || (command && key === "r");
  const desktop = "__TAURI_INTERNALS__" in globalThis;
  if ((command && key === "k") || (desktop && reload)) event.preventDefault();
}, { capture: true });

// A new sign-in link that is opened in this tab changes only the fragment.
addEventListener("hashchange", () => location.hash.startsWith("#t=") && location.reload());

main().catch((error) => fail("The console could not be loaded", "Reload to try again. If that does not help, restart the sidecar.", text(error)));
