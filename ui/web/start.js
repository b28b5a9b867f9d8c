// Loads the console and says what is wrong when it cannot run.
import "./frames.js";

const notice = document.getElementById("notice");

function fail(title, advice, details = "") {
  notice.hidden = false;
  notice.classList.add("failed");
  notice.setAttribute("role", "alert");
  notice.querySelector("h1").textContent = title;
  notice.querySelector("p").textContent = advice;
  notice.querySelector("pre").textContent = details;
}

function hasWebGl() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

async function main() {
  if (typeof WebAssembly !== "object") {
    fail("This browser cannot run the console", "It needs WebAssembly. Any current browser has it.");
    return;
  }
  if (!hasWebGl()) {
    fail("The console cannot draw", "WebGL is switched off or not available. Allow hardware acceleration in the browser's settings, then load the page again.");
    return;
  }
  const { default: load, Page } = await import("./empmix_ui.js");
  await load({ module_or_path: new URL("./empmix_ui_bg.wasm", import.meta.url) });
  const page = new Page();
  await page.start(document.getElementById("console"));
  notice.hidden = true;
  const watch = setInterval(() => {
    const message = page.panic_message();
    if (message !== undefined) {
      clearInterval(watch);
      fail("The console stopped", "No data is lost. Load the page again to go on.", message);
    }
  }, 1000);
}

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

main().catch((error) => fail("The console could not be loaded", "Load the page again. If that does not help, restart the sidecar.", String(error?.stack ?? error)));
